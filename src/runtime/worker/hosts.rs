//! Host records: kept, removed, tested.

use super::Job;
use crate::domain::{Host, HostId};
use crate::error::{Error, ErrorKind, Result};
use crate::ops::Core;
use crate::ops::hosts::HostInput;
use crate::ui::effect::HostFx;
use crate::ui::msg::{HostMsg, HostReport, Msg};

impl Job {
    pub(super) async fn hosts(&self, fx: HostFx) {
        let core = self.core();
        match fx {
            HostFx::Save { job, host } => {
                let result = self.guarded(save_host(core, *host)).await;
                self.send(Msg::Hosts(HostMsg::Saved { job, result }));
            }
            HostFx::Remove { job, id } => {
                let result = self.guarded(async { core.host_remove(&core.host(id)?.name) }).await;
                self.send(Msg::Hosts(HostMsg::Removed { job, result }));
            }
            HostFx::Test { job, host } => {
                let result = self.stoppable(test_host(core, *host)).await;
                self.send(Msg::Hosts(HostMsg::Tested { job, result }));
            }
        }
    }
}

async fn save_host(core: &Core, host: Host) -> Result<HostId> {
    if host.id != HostId::default() {
        // The screen has asked, naming the credentials concerned.
        return core.host_edit(host, true).map(|h| h.id);
    }
    let input = HostInput {
        name: Some(host.name).filter(|n| !n.is_empty()),
        url: host.url,
        family: Some(host.family).filter(|f| !f.as_str().is_empty()),
        region: host.region,
        endpoints: host.endpoints,
        ca_file: host.ca_file,
        client_cert: host.client_cert,
        proxy: host.proxy,
        allow_http: host.allow_http,
    };
    core.host_add(&input).await.map(|(host, _)| host.id)
}

async fn test_host(core: &Core, host: Host) -> Result<HostReport> {
    let test = core.host_test(&host, None).await?;
    match (test.product, test.finding) {
        (Some(product), _) => Ok(HostReport { product, version: test.version }),
        (None, Some(finding)) => {
            Err(Error::new(ErrorKind::Unreachable, finding.title).cause(finding.cause).hint(finding.remedy))
        }
        (None, None) => Err(Error::new(ErrorKind::Unreachable, "the host did not say what it is")),
    }
}
