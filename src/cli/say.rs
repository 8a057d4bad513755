//! What a verb says: results on stdout, remarks on stderr, questions to the person.

use serde_json::{Value, json};

use super::context::Context;
use super::output::{explain, harmless};
use crate::domain::Validation;
use crate::error::{Error, ErrorKind, Result};
use crate::sanitize;

impl Context<'_> {
    /// A line of the result.
    pub(super) fn out(&mut self, line: &str) -> Result<()> {
        self.io.out_raw(&format!("{line}\n"))
    }

    /// A remark for the person, on stderr.
    pub(super) fn remark(&mut self, line: &str) {
        self.io.err_raw(&format!("{line}\n"));
    }

    /// Something the person should know, whoever said it.
    pub(super) fn note(&mut self, note: &str) {
        self.remark(&format!("note: {}", sanitize::line(note)));
    }

    /// Something the person should not pass over, whoever said it.
    pub(super) fn warn(&mut self, warning: &str) {
        self.remark(&format!("warning: {}", sanitize::line(warning)));
    }

    /// Many results: one JSON value, or each for people.
    pub(super) fn results<T>(
        &mut self,
        results: &[T],
        as_json: impl Fn(&T) -> Value,
        print: impl Fn(&mut Self, &T) -> Result<()>,
    ) -> Result<()> {
        if self.json() {
            let items: Vec<_> = results.iter().map(as_json).collect();
            return self.out_json(&json!({ "schema": 1, "results": items }));
        }
        results.iter().try_for_each(|result| print(self, result))
    }

    /// What a host said, with what proves it.
    pub(super) fn explained(&mut self, validation: Option<&Validation>) -> Result<()> {
        let palette = self.palette();
        let lines = validation.map(|v| explain(palette, v)).unwrap_or_default();
        lines.iter().try_for_each(|line| self.out(line))
    }

    /// The result as one JSON value.
    pub(super) fn out_json(&mut self, value: &Value) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|e| Error::internal("the result cannot be written as JSON").because(&e))?;
        self.out(&harmless(text))
    }

    /// Asks for a yes; `--yes` answers. Without a terminal it is refused: nothing dangerous happens by default.
    pub(super) fn confirm(&mut self, what: &str, typed: &str) -> Result<()> {
        let refusal =
            Error::usage(format!("a confirmation is needed. {what}")).hint("Say `--yes` where nobody can be asked.");
        self.confirm_or(what, typed, refusal)
    }

    /// [`Context::confirm`] with an error of its own for where nobody can be asked.
    pub(super) fn confirm_or(&mut self, what: &str, typed: &str, refusal: Error) -> Result<()> {
        if self.yes() {
            return Ok(());
        }
        if !self.io.stdin.is_terminal() || !self.io.stderr_is_terminal() {
            return Err(refusal);
        }
        self.io.err_raw(&format!("{}.\nType `{typed}` to go on: ", sanitize::line(what)));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(|e| Error::data("the answer cannot be read").because(&e))?;
        if answer.trim() == typed {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Cancelled, "not confirmed; nothing was done"))
    }
}
