//! One signed call to STS, IAM or CodeCommit, and how it can fail.
//!
//! STS and IAM speak the query protocol (form in, XML out), CodeCommit JSON 1.1. Answers are read into types; no body
//! ever becomes part of a failure.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::place::Place;
use super::refusal::{Refusal, root};
use super::sign::{SignError, Signer, signed};
use crate::hosts::Wire;
use crate::net::{NetError, Request, Response};

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// Why a call brought no result.
#[derive(Debug)]
pub enum Failure {
    /// No answer came.
    Net(NetError),
    /// Nothing was sent: id or session token cannot stand in a header.
    Unsignable,
    /// AWS refused.
    Refused(Refusal),
    /// An answer came that is not AWS's word; or one that is not of the documented form.
    Foreign(Box<Response>),
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        Self::Net(error)
    }
}

impl From<SignError> for Failure {
    fn from(_: SignError) -> Self {
        Self::Unsignable
    }
}

/// A wire, a place, and the key that signs.
pub struct Aws<'a> {
    /// The way there.
    pub wire: &'a Wire<'a>,
    /// Region and partition.
    pub place: &'a Place,
    /// Who signs.
    pub signer: Signer<'a>,
}

impl Aws<'_> {
    /// Calls an STS action.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn sts<T: DeserializeOwned>(&self, action: &str, params: &[(&str, &str)]) -> Result<T, Failure> {
        let url = self.wire.url("sts", "/");
        let region = self.place.sts_region(&url);
        self.query(url.clone(), "sts", region, "2011-06-15", action, params).await
    }

    /// Calls an IAM action.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn iam<T: DeserializeOwned>(&self, action: &str, params: &[(&str, &str)]) -> Result<T, Failure> {
        self.query(self.wire.url("iam", "/"), "iam", self.place.iam_region(), "2010-05-08", action, params).await
    }

    /// Calls a CodeCommit operation.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn codecommit<T: DeserializeOwned>(&self, operation: &str, body: &Value) -> Result<T, Failure> {
        let request = Request::post(self.wire.url("codecommit", "/"))
            .header("X-Amz-Target", format!("CodeCommit_20150413.{operation}"))
            .text_body("application/x-amz-json-1.1", body.to_string());
        let response = self.send(request, "codecommit", &self.place.region, operation).await?;
        match response.parse() {
            Some(result) if !response.truncated => Ok(result),
            _ => Err(Failure::Foreign(Box::new(response))),
        }
    }

    async fn query<T: DeserializeOwned>(
        &self,
        url: String,
        service: &str,
        region: &str,
        version: &str,
        action: &str,
        params: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let response = self.send(form(url, version, action, params), service, region, action).await?;
        let expected = format!("{action}Response");
        if response.truncated || root(&response.body).is_none_or(|r| r != expected) {
            return Err(Failure::Foreign(Box::new(response)));
        }
        // The parser's own message quotes the body: it is dropped.
        quick_xml::de::from_str(&response.body).map_err(|_| Failure::Foreign(Box::new(response)))
    }

    async fn send(&self, request: Request, service: &str, region: &str, action: &str) -> Result<Response, Failure> {
        let request = signed(request, self.signer, service, region, self.wire.now())?;
        let sent = self.wire.send(request).await;
        self.wire.note(action);
        let response = sent?;
        if let Some(refusal) = Refusal::read(&response)
            && !(500..=599).contains(&refusal.status)
        {
            self.wire.note(refusal.line());
            return Err(Failure::Refused(refusal));
        }
        if response.status == 200 { Ok(response) } else { Err(Failure::Foreign(Box::new(response))) }
    }
}

/// A form for the query protocol, not signed.
#[must_use]
pub fn form(url: String, version: &str, action: &str, params: &[(&str, &str)]) -> Request {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("Action", action).append_pair("Version", version);
    body.extend_pairs(params);
    Request::post(url).text_body(FORM, body.finish())
}
