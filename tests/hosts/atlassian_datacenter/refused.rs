//! Recorded refusals, one test per failure signature and named after it, and what is no word on the token at all.

use keyrack::domain::{Kind, Verdict};
use keyrack::hosts::Detection;
use keyrack::net::{NetError, NetErrorKind, Response};

use super::{ALL, BAMBOO, CONFLUENCE, JIRA, Product, Recorded, TOKEN, WEB, html, manifest, own, to, type_id};
use crate::support::{token, validate, wire};

fn seraph(status: u16, reason: &str) -> Response {
    Response::of(status, &[("X-Seraph-LoginReason", reason), ("Content-Type", "text/html")], "<html>no</html>")
}

/// A refusal of both requests, then the manifest of a version that has tokens.
async fn twice(product: &Product, answer: &Response) -> keyrack::domain::Validation {
    product.answered([answer.clone(), answer.clone(), manifest(type_id(product), "99.1.0")]).await
}

#[tokio::test]
async fn a_401_at_the_page_that_needs_a_log_in_is_rejected() {
    for product in ALL {
        // Both in HTML and in JSON; the page for people is the product's own where its headers are there.
        let page = Response::of(401, &[("X-AREQUESTID", "1x1x1"), ("Content-Type", "text/html")], "<html>401</html>");
        let known = Response::of(401, &[("X-AREQUESTID", "1x1x1"), ("Content-Type", "application/json")], "{}");
        for answer in [page, known, seraph(401, "AUTHENTICATED_FAILED")] {
            product.assert_found(&twice(&product, &answer).await, Verdict::Rejected, "token-refused");
        }
    }
}

#[tokio::test]
async fn anonymous_401_is_rejected_as_ignored() {
    for product in ALL {
        let found = twice(&product, &own(401, "{}")).await;
        product.assert_found(&found, Verdict::Rejected, "anonymous");
        assert!(found.evidence.iter().any(|e| e.detail.contains("X-AUSERNAME: anonymous")), "{found:#?}");
    }
}

#[tokio::test]
async fn anonymous_200_is_not_valid() {
    for product in ALL {
        // The page of the user, as a cache or a careless version would give it, beside the name of nobody.
        let found =
            product.answered([own(401, "{}"), own(200, product.whoami), manifest(type_id(&product), "99.1.0")]).await;
        product.assert_found(&found, Verdict::Rejected, "anonymous");
    }
    let nobody = r#"{"type":"anonymous","displayName":"Anonymous"}"#;
    let found = CONFLUENCE.answered([own(401, "{}"), own(200, nobody), manifest("confluence", "9.2.1")]).await;
    CONFLUENCE.assert_found(&found, Verdict::Rejected, "anonymous");
    let bare = Response::of(200, &[("Content-Type", "application/json")], nobody);
    let found = CONFLUENCE.answered([own(401, "{}"), bare]).await;
    CONFLUENCE.assert_found(&found, Verdict::Unreachable, "unproven");
}

#[tokio::test]
async fn a_200_with_an_empty_body_and_a_login_reason_is_heard() {
    for product in ALL {
        let answer = Response::of(200, &[("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")], "");
        product.assert_found(&twice(&product, &answer).await, Verdict::Rejected, "token-refused");
        let denied = Response::of(200, &[("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")], "");
        product.assert_found(&product.answered([denied.clone(), denied]).await, Verdict::Blocked, "captcha");
    }
}

#[tokio::test]
async fn captcha_is_blocked_and_nothing_more_is_asked() {
    for product in ALL {
        let login = format!("{WEB}/login.jsp?os=1");
        let denied = format!("CAPTCHA_CHALLENGE; login-url={login}");
        let answer = Response::of(403, &[("X-Authentication-Denied-Reason", &denied)], "");
        let transport = Recorded::new([answer]);
        let found = product.check(&transport).await;
        product.assert_found(&found, Verdict::Blocked, "captcha");
        assert!(found.findings[0].remedy.contains(&login), "{found:#?}");
        assert_eq!(transport.lines().len(), 1);
    }
}

#[tokio::test]
async fn authorisation_failed_is_blocked() {
    for product in ALL {
        let found = product.answered([seraph(403, "AUTHORISATION_FAILED"), seraph(403, "AUTHORISATION_FAILED")]).await;
        product.assert_found(&found, Verdict::Blocked, "no-access");
    }
}

#[tokio::test]
async fn basic_disabled_xsrf_and_unknown_403_have_their_findings() {
    for product in ALL {
        let basic = r#"{"message":"Basic Authentication has been disabled on this instance."}"#;
        for (answer, verdict, name) in [
            (to("jdoe", 403, basic), Verdict::Blocked, "basic-disabled"),
            (to("jdoe", 403, "XSRF check failed"), Verdict::Unreachable, "xsrf"),
            (to("jdoe", 403, r#"{"message":"no licence"}"#), Verdict::Blocked, "forbidden-unexplained"),
        ] {
            let found = product.answered([answer.clone(), answer]).await;
            product.assert_found(&found, verdict, name);
        }
    }
}

#[tokio::test]
async fn a_refusal_without_the_vendors_signature_says_nothing_of_the_token() {
    for product in ALL {
        for status in [401, 403] {
            let gateway = Response::of(status, &[("Content-Type", "application/json")], r#"{"error":"no"}"#);
            let found = product.answered([gateway.clone(), gateway]).await;
            product.assert_found(&found, Verdict::Unreachable, "http.not-the-vendor");
        }
        let page = html(401);
        let found = product.answered([page.clone(), page]).await;
        product.assert_found(&found, Verdict::Unreachable, "http.html");
    }
}

#[tokio::test]
async fn a_version_before_tokens_is_not_the_tokens_fault() {
    for product in ALL {
        let found = product.answered([html(404), own(401, "{}"), manifest(type_id(&product), product.older)]).await;
        product.assert_found(&found, Verdict::Unreachable, "too-old");
        assert!(found.findings[0].title.contains(product.older) && found.findings[0].cause.contains(product.first));
        assert_eq!(found.evidence.len(), 3, "{found:#?}");
        // A version that is on the record already is not asked for again.
        let mut host = product.host();
        host.version = Some(product.older.to_owned());
        let transport = Recorded::new([html(404), own(401, "{}")]);
        let found = validate(product.family, &host, &transport, Kind::Pat, None, &token(TOKEN)).await;
        product.assert_found(&found, Verdict::Unreachable, "too-old");
    }
}

#[tokio::test]
async fn tokens_that_are_switched_off_are_not_this_tokens_fault() {
    for product in ALL {
        let off = own(400, r#"{"error":"Personal access tokens are disabled."}"#);
        product.assert_found(&product.answered([off, own(401, "{}")]).await, Verdict::Blocked, "tokens-disabled");
        let found = product.answered([html(404), own(401, "{}"), manifest(type_id(&product), "99.0.1")]).await;
        product.assert_found(&found, Verdict::Unreachable, "tokens-unavailable");
    }
}

#[tokio::test]
async fn a_sister_product_at_the_url_is_named_with_its_family() {
    for (product, other, family) in [
        (JIRA, "confluence", "confluence-datacenter"),
        (CONFLUENCE, "jira", "jira-datacenter"),
        (BAMBOO, "bitbucket", "bitbucket-datacenter"),
    ] {
        let found = product.answered([html(404), html(404), manifest(other, "9.1")]).await;
        product.assert_found(&found, Verdict::Unreachable, "wrong-product");
        assert!(found.findings[0].remedy.contains(family), "{found:#?}");
    }
}

#[tokio::test]
async fn wrong_context_path_404_proposes_the_usual_ones() {
    for product in ALL {
        let found = product.answered([html(404), html(404), html(404)]).await;
        product.assert_found(&found, Verdict::Unreachable, "wrong-context-path");
        assert!(found.findings[0].remedy.contains("https://acme.dev/"), "{found:#?}");
    }
}

#[tokio::test]
async fn a_context_path_that_was_left_out_is_found() {
    for product in ALL {
        let mut host = product.host();
        host.url = "https://acme.dev".to_owned();
        let there = manifest(type_id(&product), "9.1");
        // Neither the list nor the page nor the manifest is at the root; the first usual path has it.
        let transport = Recorded::new([html(404), html(404), html(404), there.clone()]);
        let found = validate(product.family, &host, &transport, Kind::Pat, None, &token(TOKEN)).await;
        product.assert_found(&found, Verdict::Unreachable, "context-path-found");
        let usual = &transport.lines()[3].replace("GET ", "").replace("/rest/applinks/1.0/manifest", "");
        assert!(found.findings[0].remedy.ends_with(&format!("--url {usual}.")), "{found:#?}");
        // Nothing that has the token is sent to a place that was only guessed.
        let seen = transport.seen.lock().unwrap();
        assert!(seen[2..].iter().all(|r| r.headers.iter().all(|(n, _)| n != "Authorization")));
    }
}

#[tokio::test]
async fn log_in_pages_are_not_valid() {
    for product in ALL {
        for (answer, name) in [
            (html(200), "sign-in-page"),
            (html(203), "sign-in-page"),
            (Response::of(302, &[("Location", "https://sso.example.com/adfs?x=1")], ""), "sign-in-page"),
            (Response::of(302, &[("Location", "/app/login.jsp?os_destination=x")], ""), "login-redirect"),
            (Response::of(302, &[("Location", "/app/login.action")], ""), "login-redirect"),
            (Response::of(302, &[("Location", "/app/userlogin!doDefault.action")], ""), "login-redirect"),
            (Response::of(301, &[("Location", "https://new.acme.dev/app/rest/x")], ""), "http.redirect"),
        ] {
            let found = product.answered([answer.clone(), answer]).await;
            product.assert_found(&found, Verdict::Unreachable, name);
        }
    }
}

#[tokio::test]
async fn maintenance_rate_limit_and_server_errors_say_nothing_of_the_token() {
    for product in ALL {
        product.assert_found(&product.answered([html(503)]).await, Verdict::Unreachable, "maintenance");
        let limited = Response::of(429, &[("Retry-After", "30")], "");
        product.assert_found(&product.answered([limited]).await, Verdict::Unreachable, "http.rate-limited");
        let broken = own(502, "");
        let found = product.answered([broken.clone(), broken]).await;
        product.assert_found(&found, Verdict::Unreachable, "http.server-error");
    }
}

#[tokio::test]
async fn garbage_says_nothing_of_the_token() {
    for product in ALL {
        for body in ["", "null", "[]", "{", r#"{"name":7}"#, r#"{"type":"known"}"#] {
            let found = product.answered([own(200, body), to("jdoe", 200, body), html(404)]).await;
            product.assert_found(&found, Verdict::Unreachable, "not-the-product");
        }
    }
}

#[tokio::test]
async fn a_private_certificate_authority_says_nothing_of_the_token() {
    for product in ALL {
        let error = NetError::new(NetErrorKind::TlsUnknownIssuer, "acme.dev:443", "");
        let found = product.check(&Recorded::with_errors([Err(error)])).await;
        product.assert_found(&found, Verdict::Unreachable, "net.tls-unknown-issuer");
    }
}

#[tokio::test]
async fn tokens_of_other_products_are_known_by_their_form_and_not_sent() {
    let silent = Recorded::new([]);
    for product in ALL {
        for (secret, kind, name) in [
            ("ATATT3xFfGF0KEYRACK-FAKE-TOKEN", Kind::Pat, "cloud-token"),
            (TOKEN, Kind::ApiToken, "cloud-token"),
            ("BBDC-MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU", Kind::Pat, "bitbucket-token"),
        ] {
            let found = validate(product.family, &product.host(), &silent, kind, None, &token(secret)).await;
            product.assert_found(&found, Verdict::Unreachable, name);
        }
    }
    assert!(silent.lines().is_empty());
}

#[tokio::test]
async fn a_token_echoed_in_a_body_or_header_is_masked() {
    let escaped: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let percent: String = TOKEN.bytes().map(|b| format!("%{b:02X}")).collect();
    for product in ALL {
        let named = product.list.replace("keyrack", &escaped);
        let whose = product.whoami.replace("Jo Doe", &escaped);
        let mut echoes = vec![to("jdoe", 200, &named), to("jdoe", 200, &whose)];
        echoes.extend((0..product.extras).map(|_| {
            to(
                "jdoe",
                200,
                &format!(
                    r#"{{"results":[{{"name":"{escaped}"}}],"permissions":{{"{escaped}":{{"havePermission":true}}}}}}"#
                ),
            )
        }));
        for found in [
            product.answered(echoes).await,
            product.answered([own(403, TOKEN), to("jdoe", 403, &format!(r#"{{"message":"{escaped}"}}"#))]).await,
            product.answered([own(200, "[]"), to(&percent, 200, product.whoami)]).await,
        ] {
            assert!(!format!("{found:?}").contains(&TOKEN[20..]), "{found:#?}");
        }
    }
}

// --- detection -------------------------------------------------------------------------------------------------------

async fn detect(product: &Product, transport: &Recorded) -> Detection {
    let host = product.host();
    let wire = wire(product.family, &host, transport, &[]);
    product.family.detect(&wire).await
}

#[tokio::test]
async fn the_manifest_names_the_product_without_a_credential() {
    for product in ALL {
        let transport = Recorded::new([manifest(type_id(&product), "9.1.2")]);
        let Detection::Found { version, .. } = detect(&product, &transport).await else { panic!("{}", product.name) };
        assert_eq!(version.as_deref(), Some("9.1.2"));
        assert!(transport.seen.lock().unwrap()[0].headers.iter().all(|(n, _)| n != "Authorization"));
        let Detection::NotThis(finding) = detect(&product, &Recorded::new([manifest("crowd", "6.0")])).await else {
            panic!("{}", product.name)
        };
        assert!(finding.code.ends_with(".wrong-product") && finding.remedy.contains("generic"));
    }
}

#[tokio::test]
async fn jira_and_bamboo_are_found_by_their_own_page_too_and_a_site_of_the_cloud_is_named() {
    let info = r#"{"version":"9.12.8","deploymentType":"Server","buildNumber":912008}"#;
    let found = detect(&JIRA, &Recorded::new([html(404), own(200, info)])).await;
    assert_eq!(found, Detection::Found { product: "Jira".into(), version: Some("9.12.8".into()) });
    let cloud = info.replace("Server", "Cloud");
    let Detection::NotThis(finding) = detect(&JIRA, &Recorded::new([html(404), own(200, &cloud)])).await else {
        panic!()
    };
    assert_eq!(finding.code, "jira-datacenter.cloud-site");
    let info = r#"{"version":"9.6.4","buildNumber":"90604"}"#;
    let found = detect(&BAMBOO, &Recorded::new([html(404), own(200, info)])).await;
    assert_eq!(found, Detection::Found { product: "Bamboo".into(), version: Some("9.6.4".into()) });
}

#[tokio::test]
async fn what_is_in_the_way_of_detection_is_said() {
    for product in ALL {
        for (answer, name) in
            [(html(404), "wrong-context-path"), (html(200), "sign-in-page"), (html(503), "maintenance")]
        {
            let transport = Recorded::new([answer.clone(), answer.clone()]);
            let Detection::NotThis(finding) = detect(&product, &transport).await else { panic!("{name}") };
            assert_eq!(finding.code, format!("{}.{name}", product.name));
        }
        let error = NetError::new(NetErrorKind::Refused, "acme.dev:443", "");
        let found = detect(&product, &Recorded::with_errors([Err(error.clone())])).await;
        assert_eq!(found, Detection::Unreachable(error));
    }
}
