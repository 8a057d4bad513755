//! What answers at a host, found without a credential.

use keyrack::hosts::{Detection, Family as _};

use super::*;
use crate::support::wire;

async fn detect(host: &Host, answer: Response) -> Detection {
    let transport = Recorded::new([answer]);
    let found = AzureDevOps.detect(&wire(&AzureDevOps, host, &transport, &[])).await;
    assert!(transport.seen.lock().unwrap().iter().all(|r| r.headers.iter().all(|(n, _)| n != "Authorization")));
    found
}

fn found(product: &str) -> Detection {
    Detection::Found { product: product.into(), version: None }
}

#[tokio::test]
async fn headers_of_any_answer_name_the_product() {
    let challenge = [
        ("WWW-Authenticate", "Bearer authorization_uri=https://login.microsoftonline.com/dddd0000"),
        ("X-VSS-ResourceTenant", "dddd0000-0000-4000-8000-00000000000d"),
    ];
    assert_eq!(detect(&host(), Response::of(401, &challenge, "")).await, found("Azure DevOps Services"));
    let page = Response::of(203, &[("X-TFS-ProcessId", "1"), ("Content-Type", "text/html")], "<html></html>");
    assert_eq!(detect(&host(), page).await, found("Azure DevOps Services"));
    assert_eq!(detect(&host(), own(200, WHO)).await, found("Azure DevOps Services"));
    let on_premises = Response::of(401, &[("X-TFS-ProcessId", "1"), ("WWW-Authenticate", "NTLM")], "");
    assert_eq!(detect(&server(), on_premises).await, found("Azure DevOps Server"));
    let open = own(200, &WHO.replace("hosted", "onPremises"));
    assert_eq!(detect(&server(), open).await, found("Azure DevOps Server"));
}

#[tokio::test]
async fn something_else_is_said_to_be_something_else() {
    let page = |status| Response::of(status, &[("Content-Type", "text/html")], "<html><h1>Welcome</h1></html>");
    for (answer, code) in [
        (page(200), "http.html"),
        (page(404), "azure-devops.wrong-path"),
        (Response::of(200, &[], "{}"), "azure-devops.not-azure-devops"),
        (
            Response::of(401, &[("Server", "Microsoft-IIS/10.0"), ("WWW-Authenticate", "NTLM")], ""),
            "azure-devops.iis-basic",
        ),
    ] {
        let Detection::NotThis(finding) = detect(&server(), answer).await else { panic!("{code}") };
        assert_eq!(finding.code, code);
    }
}
