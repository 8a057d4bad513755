//! A simulated site with something in front of it, that answers some requests in its place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use keyrack::domain::FamilyId;
use keyrack::simulator::{SimCredential, SimRequest, SimResponse, Site};

use crate::scenario::Answer;

/// Answers in place of a site, once it is told to. Without a site it knows nothing else.
pub struct Front {
    pub behind: Option<Arc<dyn Site>>,
    pub answers: Vec<Answer>,
    pub up: Arc<AtomicBool>,
}

fn sent(request: &SimRequest) -> Option<&str> {
    ["authorization", "private-token", "x-api-key", "job-token"].iter().find_map(|name| request.header(name))
}

impl Front {
    fn instead(&self, request: &SimRequest) -> Option<SimResponse> {
        if !self.up.load(Ordering::SeqCst) {
            return None;
        }
        let sent = sent(request);
        let fits =
            |a: &&Answer| request.path.starts_with(&a.path) && a.signed.is_none_or(|signed| signed == sent.is_some());
        let answer = self.answers.iter().find(fits)?;
        let filled = |text: &str| text.replace("{sent}", sent.unwrap_or(""));
        let headers = answer.headers.iter().map(|(n, v)| (n.clone(), filled(v))).collect();
        Some(SimResponse { status: answer.status, headers, body: filled(&answer.body) })
    }
}

impl Site for Front {
    fn family(&self) -> FamilyId {
        self.behind.as_ref().map_or_else(|| FamilyId::new("generic"), |s| s.family())
    }

    fn name(&self) -> String {
        self.behind.as_ref().map_or_else(|| "acme-host".to_owned(), |s| s.name())
    }

    fn url(&self, listen: &str) -> String {
        self.behind.as_ref().map_or_else(|| listen.to_owned(), |s| s.url(listen))
    }

    fn region(&self) -> Option<String> {
        self.behind.as_ref().and_then(|s| s.region())
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        self.behind.as_ref().map_or_else(Vec::new, |s| s.endpoints(listen))
    }

    fn roster(&self, now: Timestamp) -> Vec<SimCredential> {
        self.behind.as_ref().map_or_else(Vec::new, |s| s.roster(now))
    }

    fn spare(&self, n: usize, now: Timestamp) -> SimCredential {
        self.behind.as_ref().expect("a site").spare(n, now)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let own = || match &self.behind {
            Some(site) => site.answer(request, now),
            None => SimResponse { status: 404, headers: Vec::new(), body: "nothing here".to_owned() },
        };
        self.instead(request).unwrap_or_else(own)
    }
}
