//! The git of this machine, run as a child: with the captured environment, nobody to ask, and a time limit.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use crate::diagnose::Surroundings;
use crate::sanitize;
use crate::secret::SecretText;

/// Most bytes of an output that are read.
const CAP: u64 = 256 * 1024;

/// What keeps git and its helpers from asking a person: no terminal, no dialog, no browser.
/// <https://git-scm.com/docs/git#_environment_variables>,
/// <https://github.com/git-ecosystem/git-credential-manager/blob/main/docs/environment.md>
const NOBODY_TO_ASK: [(&str, &str); 7] = [
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", ""),
    ("SSH_ASKPASS", ""),
    ("SSH_ASKPASS_REQUIRE", "never"),
    ("GCM_INTERACTIVE", "never"),
    ("GCM_GUI_PROMPT", "false"),
    ("GH_PROMPT_DISABLED", "1"),
];

/// The git program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    path: PathBuf,
    cwd: Option<PathBuf>,
}

/// What a run printed. The output may hold a secret.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) worked: bool,
    /// Its exit code; none where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: SecretText,
    /// Its last line on standard error, clipped. Helpers may put a secret there: mask before it is shown.
    pub(crate) complaint: String,
}

/// Why a run gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoRun {
    /// It did not end in time and was ended.
    TooSlow,
    /// It could not be started.
    NotStarted(String),
}

impl Program {
    /// The first `git` in the captured `PATH`.
    pub(crate) fn find(around: &Surroundings) -> Option<Self> {
        let places = around.var("PATH")?;
        let names: &[&str] = if cfg!(windows) { &["git.exe", "git.cmd"] } else { &["git"] };
        let path = std::env::split_paths(OsStr::new(places.reveal()))
            .filter(|folder| folder.is_absolute())
            .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
            .find(|path| is_program(path))?;
        let cwd = Some(around.cwd().to_owned()).filter(|c| c.is_dir());
        Some(Self { path, cwd })
    }

    #[cfg(test)]
    pub(crate) fn at(path: &str) -> Self {
        Self { path: PathBuf::from(path), cwd: None }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs git; `input` is its standard input, which is closed behind it.
    pub(crate) async fn run(
        &self,
        around: &Surroundings,
        args: &[&str],
        input: &SecretText,
        limit: Duration,
    ) -> Result<Printed, NoRun> {
        let mut command = Command::new(&self.path);
        command.args(args).env_clear();
        // A trace would write what passes by into the user's files.
        command.envs(around.vars().filter(|(n, _)| !n.starts_with("GIT_TRACE")).map(|(n, v)| (n, v.reveal())));
        command.envs(NOBODY_TO_ASK);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        if let Some(cwd) = &self.cwd {
            command.current_dir(cwd);
        }
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|e| NoRun::NotStarted(e.to_string()))?;
        let mut family = Family::of(&child);
        let talk = async {
            let (out, err) = (child.stdout.take(), child.stderr.take());
            let stdin = child.stdin.take();
            let give = async {
                if let Some(mut stdin) = stdin {
                    // One that does not read its input is fine.
                    let _ = stdin.write_all(input.reveal().as_bytes()).await;
                }
            };
            let ((), out, err) = tokio::join!(give, read(out), read(err));
            (child.wait().await.ok(), out, err)
        };
        let (status, out, err) = tokio::time::timeout(limit, talk).await.map_err(|_| NoRun::TooSlow)?;
        family.let_go();
        let last = err.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("");
        let worked = status.is_some_and(|s| s.success());
        let code = status.and_then(|s| s.code());
        Ok(Printed { worked, code, complaint: sanitize::short(last.trim(), 200), out: SecretText::new(out) })
    }
}

/// The child and whatever it started: all of them end with this, unless the child ended by itself.
struct Family(#[cfg(unix)] Option<rustix::process::Pid>);

impl Family {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw))
    }

    #[cfg(not(unix))]
    fn of(_child: &Child) -> Self {
        Self()
    }

    /// What the child left behind, it left on purpose.
    fn let_go(&mut self) {
        #[cfg(unix)]
        {
            self.0 = None;
        }
    }
}

#[cfg(unix)]
impl Drop for Family {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended just now.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::with_capacity(4096);
    if let Some(stream) = stream {
        let _ = stream.take(CAP).read_to_end(&mut bytes).await;
    }
    // Wiped as a text, where it is one.
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn is_program(path: &Path) -> bool {
    let Ok(meta) = std::fs::metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        meta.is_file() && meta.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    meta.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Surroundings {
        let vars = [("PATH".to_owned(), std::env::var("PATH").unwrap()), ("SEEN".to_owned(), "yes".to_owned())];
        Surroundings::new(vars, std::env::temp_dir())
    }

    async fn run(command: &str, limit: Duration) -> Result<Printed, NoRun> {
        let around = here();
        let program = Program::find(&around).unwrap();
        program.run(&around, &["-c", &format!("alias.x=!{command}"), "x"], &SecretText::from("input"), limit).await
    }

    #[tokio::test]
    async fn a_child_has_the_captured_environment_its_input_and_nobody_to_ask() {
        let printed = run("cat; echo $SEEN $GIT_TERMINAL_PROMPT ${HOME-none}", Duration::from_secs(20)).await.unwrap();
        assert_eq!(printed.out.reveal(), "inputyes 0 none\n");
        let failed = run("echo why >&2; exit 3", Duration::from_secs(20)).await.unwrap();
        assert_eq!((failed.worked, failed.code, failed.complaint.as_str()), (false, Some(3), "why"));
    }

    #[tokio::test]
    async fn one_that_does_not_end_is_ended_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let command = format!("sleep 600 & echo $! > {}; wait", pid.display());
        assert_eq!(run(&command, Duration::from_secs(2)).await.map(|_| ()), Err(NoRun::TooSlow));
        let pid: i32 = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        // The signal is sent; the scheduler ends it when it next has its turn, and whoever adopted it buries it.
        let ended = async {
            loop {
                let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
                if state.is_empty() || state.contains(") Z ") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    }

    #[test]
    fn without_a_path_there_is_no_git() {
        assert_eq!(Program::find(&Surroundings::default()), None);
        let vars = [("PATH".to_owned(), "/nowhere:relative".to_owned())];
        assert_eq!(Program::find(&Surroundings::new(vars, PathBuf::new())), None);
    }
}
