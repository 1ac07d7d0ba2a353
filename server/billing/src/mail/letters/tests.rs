use std::{collections::HashSet, fs, path::Path};

use domain::{
    account::{OptionalMail, Role},
    catalog::{Cycle, Enforcement, Limit, Unit, file::default_catalog},
    entitlement::{
        alert::{Alert, AlertKind},
        overrides::Overrides,
    },
    money::{Currency, Money},
    subscription::{Provider, lifecycle::DunningKind},
    tenant::enterprise::{EnterpriseRequest, Handling, UseCase},
    time::Timestamp,
};
use locales::{Locale, installed, text};
use rstest::rstest;

use super::{samples::Samples, *};
use crate::{
    mail::{
        content::MailContent,
        kind::{LetterArea, LetterKind},
        look::{MailLook, Medium},
    },
    store::{
        job::jobs::AccountNotice,
        tenant::tenants::Tenant,
        webhook::webhook_endpoints::{Disabled, DisabledWhy},
    },
};

const LINK: &str = "https://dues.test/page";
const AT: Timestamp = Timestamp::from_secs(1_768_000_000);

/// Returns every kind of mail, with each optional part present and absent.
fn every_mail(language: Locale) -> Vec<MailContent> {
    let mut mails = vec![
        password_reset(language, "ada@example.com", LINK, AT),
        address_verification(language, "ada@example.com", LINK, AT),
        address_change(language, Some("ada@example.com"), "ada@lovelace.test", LINK, AT),
        address_change(language, None, "ada@lovelace.test", LINK, AT),
        address_change_notice(language, "ada@example.com", "ada@lovelace.test"),
        address_taken(language, "ada@example.com"),
    ];
    for role in Role::ALL {
        mails.push(invitation(language, "Acme Robotics", Some("owner@acme.test"), role, LINK, AT));
        mails.push(invitation(language, "Acme Robotics", None, role, LINK, AT));
    }
    mails.extend(AccountNotice::ALL.map(|notice| account_notice(language, "ada@example.com", notice, AT, LINK)));
    mails.extend(alerts(language));
    mails.extend(dunning_notices(language));
    mails.extend(enterprise_requests(language));
    for why in DisabledWhy::ALL {
        let disabled = Disabled { at: AT, why };
        mails.push(endpoint_disabled(language, "Acme Robotics", "https://hooks.test/dues", disabled, LINK));
    }
    mails.extend(secret_changes(language));
    mails.extend(monthly_reports(language));
    let turned_off = OptionalMail::ALL.map(|mail| {
        let content = MailContent::new(LetterKind::MonthlyReport, language, text!(language => mail_reset_subject));
        with_unsubscribe(content, language, mail, "https://dues.test/unsubscribe/a")
    });
    mails.extend(turned_off);
    mails
}

fn alerts(language: Locale) -> Vec<MailContent> {
    let mut mails = Vec::new();
    for mut feature in default_catalog().features {
        for enforcement in [Enforcement::Hard, Enforcement::Soft] {
            feature.enforcement = enforcement;
            for kind in AlertKind::ALL {
                for limit in [Limit::AtMost(10), Limit::Unlimited] {
                    let about = feature.key.clone();
                    let sent = Alert { feature: about, period_start: AT, kind, sent_at: AT, used: 8, limit };
                    let catalog = default_catalog();
                    for limit in [None, Some(Limit::AtMost(100)), Some(Limit::Unlimited)] {
                        let larger = limit.map(|limit| (catalog.plan("pro").unwrap(), limit));
                        let (workspace, has_own_thresholds) = ("Acme Robotics", larger.is_none());
                        let (feature, alert) = (&feature, &sent);
                        let mail = AlertMail { workspace, feature, alert, larger, has_own_thresholds };
                        mails.push(super::alert(language, &mail, LINK));
                    }
                }
            }
        }
    }
    mails
}

fn dunning_notices(language: Locale) -> Vec<MailContent> {
    let mut mails = Vec::new();
    for kind in DunningKind::ALL {
        for combination in 0..128_u32 {
            let has = |bit: u32| combination & (1 << bit) != 0;
            let details = Dunning {
                workspace: "Acme Robotics",
                kind,
                plan: "Pro",
                current: "Starter",
                fallback: "Free",
                price: has(0).then(|| Money::new(2900, Currency::USD)),
                repeats: has(1),
                provider: "Stripe",
                grace_until: has(2).then_some(AT),
                renews_at: has(3).then_some(AT),
                since: AT,
                cycle: if has(4) { Cycle::Yearly } else { Cycle::Monthly },
                interval: has(6).then(|| "3 month".parse().unwrap()),
                is_invoiced: has(5),
            };
            mails.push(dunning(language, &details, LINK));
        }
    }
    mails
}

fn monthly_reports(language: Locale) -> Vec<MailContent> {
    let catalog = default_catalog();
    let upcoming = [
        Upcoming::Payment { amount: Some(Money::new(2900, Currency::USD)), at: AT },
        Upcoming::Payment { amount: None, at: AT },
        Upcoming::End(AT),
        Upcoming::Nothing,
    ];
    let mut mails = Vec::new();
    for month in 0..12 {
        for upcoming in upcoming {
            for limit in [Some(Limit::AtMost(100)), Some(Limit::Unlimited), None] {
                let features = catalog.features.iter().filter(|feature| feature.kind.is_counted());
                let meters = features.filter_map(|feature| Some(MonthlyMeter { feature, highest: 45, limit: limit? }));
                let report = MonthlyReport {
                    workspace: "Acme Robotics",
                    month: AT.plus_secs(month * 30 * 86_400),
                    plan: "Pro",
                    upcoming,
                    meters: meters.collect(),
                };
                mails.push(monthly_report(language, &report, LINK));
            }
        }
    }
    mails
}

#[test]
fn a_report_states_plan_payment_and_each_limit() {
    let catalog = default_catalog();
    let feature = catalog.features.iter().find(|feature| feature.kind.is_counted()).unwrap();
    let report = MonthlyReport {
        workspace: "Acme Robotics",
        month: AT,
        plan: "Pro",
        upcoming: Upcoming::Payment { amount: Some(Money::new(2900, Currency::USD)), at: AT },
        meters: vec![MonthlyMeter { feature, highest: 45, limit: Limit::AtMost(100) }],
    };
    let text =
        monthly_report(installed().get("en").unwrap(), &report, LINK).text(&MailLook::default()).replace('\u{a0}', " ");
    for part in ["Plan: Pro", "Next payment: $29.00 on 9 Jan 2026", "in January 2026:", "45 of 100", LINK] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

fn enterprise_requests(language: Locale) -> [MailContent; 2] {
    let full = EnterpriseRequest {
        id: "request-1".to_owned(),
        company: "Acme Robotics".to_owned(),
        contact_name: "Ada Acme".to_owned(),
        email: "ada@acme.test".parse().unwrap(),
        use_cases: UseCase::ALL.to_vec(),
        expected_scale: "2 M players a month".to_owned(),
        notes: "On our own metal\nIn two regions".to_owned(),
        tenant: None,
        user: None,
        created_at: AT,
        handling: Handling::default(),
    };
    let bare = EnterpriseRequest {
        contact_name: String::new(),
        use_cases: Vec::new(),
        expected_scale: String::new(),
        notes: String::new(),
        ..full.clone()
    };
    let tenant = Tenant::new("tenant-1".parse().unwrap(), "Acme Robotics".to_owned(), Overrides::default(), AT);
    [enterprise_request(language, &full, Some(&tenant)), enterprise_request(language, &bare, None)]
}

fn secret_changes(language: Locale) -> Vec<MailContent> {
    let mut mails = Vec::new();
    for change in [SecretChange::Set, SecretChange::Deleted] {
        for name in ["stripe_secret_key", "A sentence."] {
            for who in [Changer::Person("ada@example.com"), Changer::Key("Nightly")] {
                for from in [Some("203.0.113.7"), None] {
                    mails.push(secret_changed(language, "Acme Robotics", (name, change), (who, from), AT, LINK));
                }
            }
        }
    }
    mails
}

#[test]
fn every_mail_is_complete_in_every_language() {
    for language in installed().iter() {
        for mail in every_mail(language) {
            let look = MailLook::default();
            let (subject, text, html) = (&mail.subject, mail.text(&look), mail.html(&look, Medium::Mail));
            for rendered in [subject, &text, &html] {
                for unresolved in ["{$", "{ $", "{-", "{ -"] {
                    assert!(!rendered.contains(unresolved), "{}: {rendered}", language.tag());
                }
            }
            assert!(!subject.is_empty() && !subject.contains('\n') && !subject.ends_with('.'), "{subject}");
            assert!(!text.contains("\n\n\n") && text.lines().all(|line| line.trim() == line), "{text}");
            assert!(!html.contains("<p></p>") && !html.contains("<td></td>"), "{html}");
            let has_button = html.contains(&format!("href=\"{LINK}\""));
            assert_eq!(text.lines().any(|line| line == LINK), has_button, "{text}");
        }
    }
}

#[test]
fn every_mail_is_translated() {
    let (en, de) = (installed().get("en").unwrap(), installed().get("de").unwrap());
    for (english, german) in every_mail(en).into_iter().zip(every_mail(de)) {
        assert_ne!(english.subject, german.subject);
        let (english, german) = (english.text(&MailLook::default()), german.text(&MailLook::default()));
        let sentences: Vec<_> = english.lines().filter(|line| line.ends_with('.')).map(str::to_owned).collect();
        for sentence in &sentences {
            assert!(!german.lines().any(|line| line == sentence), "{sentence} in {german}");
        }
    }
}

/// Returns the samples of the default catalog.
fn sample(language: Locale, kind: LetterKind) -> Option<MailContent> {
    let page_url = |path: &str| format!("https://dues.test/{path}");
    let catalog = default_catalog();
    let samples = Samples { language, catalog: &catalog, provider: Provider::Stripe, page_url: &page_url, now: AT };
    samples.sample(kind)
}

#[test]
fn each_kind_has_a_sample_in_every_language() {
    for language in installed().iter() {
        for kind in LetterKind::ALL {
            let sample = sample(language, kind).unwrap();
            assert_eq!(sample.kind, kind);
            let html = sample.html(&MailLook::default(), Medium::Browser);
            assert!(html.contains(&format!("<html lang=\"{}\"", language.tag())), "{html}");
        }
    }
}

#[test]
fn each_kind_is_built_and_each_mail_is_of_its_kind() {
    let built: HashSet<_> = every_mail(installed().default()).iter().map(|mail| mail.kind).collect();
    assert_eq!(built, HashSet::from(LetterKind::ALL));
}

/// A letter that reuses the kind of another would have no sample of its own.
#[test]
fn each_letter_has_a_sample() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mail/letters");
    let samples = fs::read_to_string(folder.join("samples.rs")).unwrap();
    let mut letters = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let code = fs::read_to_string(entry.unwrap().path()).unwrap();
        for function in code.split("\npub(crate) fn ").skip(1) {
            let (name, rest) = function.split_once('(').unwrap();
            let head = rest.split_once('{').unwrap().0;
            if head.contains("-> MailContent") {
                letters += 1;
                assert!(samples.contains(&format!("{name}(")), "samples.rs has no sample of {name}");
            }
        }
    }
    assert!(letters >= 12, "{letters}");
}

#[test]
fn a_catalog_that_sells_nothing_has_no_samples_about_payments() {
    let language = installed().default();
    let mut catalog = default_catalog();
    catalog.plans.retain(|plan| !plan.is_paid());
    catalog.features.clear();
    let page_url = |path: &str| path.to_owned();
    let samples = Samples { language, catalog: &catalog, provider: Provider::Polar, page_url: &page_url, now: AT };
    for kind in LetterKind::ALL {
        let is_about_catalog = matches!(kind.area(), LetterArea::Limits | LetterArea::Payments | LetterArea::Reports);
        assert_eq!(samples.sample(kind).is_none(), is_about_catalog, "{kind:?}");
    }
}

#[rstest]
#[case("en", Unit::Count, 318_204, "318,204")]
#[case("de", Unit::Count, 318_204, "318.204")]
#[case("en", Unit::Bytes, 3 << 29, "1.5\u{a0}GB")]
#[case("de", Unit::Bytes, 3 << 29, "1,5\u{a0}GB")]
#[case("en", Unit::UsdMicros, 31_404_999, "$31.40")]
#[case("de", Unit::UsdMicros, 31_405_000, "31,41\u{a0}$")]
fn an_amount_is_written_as_its_language_writes_it(
    #[case] language: &str,
    #[case] unit: Unit,
    #[case] value: u64,
    #[case] expected: &str,
) {
    let mut feature = default_catalog().features.remove(0);
    feature.unit = unit;
    assert_eq!(installed().get(language).unwrap().amount(&feature, value), expected);
}
