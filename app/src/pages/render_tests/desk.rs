//! The operator's pages.

use billing::{
    payment::account::{Mode, ProviderAccount},
    service::{
        AccountState, AccountWarning,
        operator::{
            DeskRevenue, ListedTenant, ObjectKind, OperatorCounts, OperatorTenantView, PendingCounts, RequestsPage,
            TenantFailingJob, TenantUnknownObject, TenantsPage, UnhandledEvent, UnknownObject, Work, notes::TenantNote,
        },
        subscription::{
            activity::{Activity, EventState, FailingJob, JobKind, ReceivedEvent},
            membership::TenantPlan,
            unmanaged::UnmanagedOverview,
        },
        tenant::installation::key::ListedInstallationKey,
    },
    store::{subscription::customers::Customer, tenant::tenants::Tenant},
};
use domain::{
    entitlement::overrides::{CustomLimit, LimitOverride, Overrides, PlanGrant},
    subscription::{
        Provider, UnmanagedReason, UnmanagedSubscription, UnsoldPrice, entitlements,
        revenue::{
            SubscriptionCount,
            change::RevenueChangeKind,
            revenue,
            trend::{ChangeTotal, StoredMonth, trend},
        },
    },
    tenant::{
        enterprise::{EnterpriseRequest, EnterpriseRequestState, Handling},
        installation_scope::InstallationScope,
    },
    wire::Member,
};
use locales::installed;

use super::*;
use crate::{pages::operator, request::draft::Draft};

const ODD_NAME: &str = "A<b>&C";

fn support() -> UnmanagedSubscription {
    UnmanagedSubscription {
        provider: Provider::Stripe,
        external_id: "sub_support".to_owned(),
        reason: UnmanagedReason::NoPlan,
        described: "Support, $50.00 a month".to_owned(),
        items: Vec::new(),
        detail: None,
        first_seen_at: at(TODAY),
    }
}

fn tenant_plan(status: ProviderStatus, overrides: Overrides) -> TenantPlan {
    let catalog = domain::catalog::file::default_catalog();
    let mut subscription = pro(status);
    subscription.past_due_since = matches!(status, ProviderStatus::PastDue).then(|| at("2026-01-10T00:00:00Z"));
    let entitlements = entitlements(Some(&subscription), &overrides, &catalog, 7 * 86_400, at(TODAY));
    let created_at = at("2025-09-01T00:00:00Z");
    let tenant = Tenant::new("acme".parse().unwrap(), ODD_NAME.to_owned(), overrides, created_at);
    TenantPlan { tenant, subscription: Some(subscription), entitlements }
}

fn listed(status: ProviderStatus) -> ListedTenant {
    let TenantPlan { tenant, subscription, entitlements } = tenant_plan(status, Overrides::default());
    ListedTenant { tenant, subscription, entitlements, members: 4, near: 1, reached: 2 }
}

fn counts() -> OperatorCounts {
    OperatorCounts { tenants: 10_214, past_due: 1, failing_jobs: 0, new_requests: 2, has_subscriptions: true }
}

fn job() -> FailingJob {
    FailingJob {
        id: "limits of acme".to_owned(),
        kind: Some(JobKind::CheckLimits),
        attempts: 3,
        next_try: Some(at("2026-01-14T21:45:00Z")),
        error: "the <database> failed".to_owned(),
        created_at: at("2026-01-14T21:00:00Z"),
    }
}

fn list(uri: &str, tenants: Vec<ListedTenant>) -> String {
    let html = rendered(uri, |req| {
        let filter = operator::tenants::filter_from_query(req);
        let accounts = vec![warning()];
        let next = Some("5.acme".parse().unwrap());
        let found = TenantsPage { counts: counts(), tenants, next, accounts, now: at(TODAY) };
        operator::tenants::page(req, &domain::catalog::file::default_catalog(), &filter, &found)
    });
    sound(&html);
    html
}

#[test]
fn the_tenant_list_counts_pending_work_and_keeps_its_filter_across_pages() {
    let statuses =
        [ProviderStatus::Active, ProviderStatus::PastDue, ProviderStatus::Canceled, ProviderStatus::Trialing];
    let html = list("/operator?search=a+b&show=plan.pro&after=9.x", statuses.map(listed).into());
    assert!(html.contains("A&lt;b&gt;&amp;C"), "a name is text, not markup: {html}");
    assert_shown_with("operator/tenants", &html, [("nothing found", list("/operator?search=zzz", Vec::new()))]);
}

#[test]
fn a_tenant_page_explains_its_plan_and_withdraws_overrides() {
    let limit = LimitOverride {
        feature: "projects".parse().unwrap(),
        custom: CustomLimit::at_least(Limit::Unlimited),
        until: None,
    };
    let plan = PlanGrant { plan: "team".parse().unwrap(), until: Some(at("2026-02-01T23:59:59Z")) };
    let overrides = Overrides { plan: Some(plan), limits: vec![limit] };
    let membership = view(Some(pro(ProviderStatus::Active)), TODAY, &ACME_USES);
    let desk = OperatorTenantView {
        tenant_plan: tenant_plan(ProviderStatus::Active, overrides),
        usage: membership.usage,
        subscriptions: vec![pro(ProviderStatus::Active)],
        unmanaged: vec![support()],
        members: vec![Member {
            user_id: "ada".parse().unwrap(),
            email: "ada@acme.test".parse().unwrap(),
            role: Role::Owner,
            joined_at: at(TODAY),
        }],
        notes: vec![TenantNote {
            id: "note-1".to_owned(),
            text: "Called <Ada>.\nAgain on Monday.".to_owned(),
            author: Some("root@dues.test".parse().unwrap()),
            created_at: at(TODAY),
        }],
        alerts: Vec::new(),
        attempts: Vec::new(),
        customers: vec![(
            Provider::Stripe,
            Customer {
                tenant: "acme".parse().unwrap(),
                external_id: "cus_1".to_owned(),
                revision: 1,
                fetched_at: None,
            },
        )],
        cancellation: None,
        activity: Activity {
            provider: Some(Provider::Stripe),
            asked_at: None,
            events: Vec::new(),
            troubled: vec![job()],
            drift: Vec::new(),
            duplicates: Vec::new(),
        },
        unknown: vec![unknown()],
        now: at(TODAY),
        wall_now: at(TODAY),
        correction_key: "key-1".to_owned(),
    };
    let page = |draft: &Draft| {
        let html = rendered("/operator/tenants/acme?code=validation_error&wrong=limit", |req| {
            operator::tenant::page(req, &domain::catalog::file::default_catalog(), &desk, None, draft)
        });
        sound(&html);
        html
    };
    let html = page(&Draft::default());
    assert!(!html.contains("href=\"/usage/"), "another workspace's meters lead nowhere: {html}");
    assert!(!html.contains("data-label=\"Tenant\""), "a tenant page needs no owner column: {html}");
    let of = |feature| (feature, page(&Draft::of([("feature", feature), ("limit", "much")])));
    let features = ["projects", "ai_runtime", "ai_cost", "file_storage_bytes"];
    assert_shown_with("operator/tenant", &html, features.map(of));
}

fn warning() -> AccountWarning {
    AccountWarning {
        provider: Provider::Stripe,
        state: AccountState::Unproven { found: ProviderAccount { id: "acct_2 <b>".to_owned(), mode: Mode::Test } },
    }
}

fn unknown() -> UnknownObject {
    UnknownObject {
        provider: Provider::Stripe,
        kind: ObjectKind::Subscription,
        external_id: "sub_gone".to_owned(),
        found_at: at(TODAY),
    }
}

#[test]
fn failing_work_is_listed_with_its_tenant_and_reason() {
    let failing = |tenant| TenantFailingJob { job: job(), tenant };
    let acme = || Some(("acme".parse().unwrap(), ODD_NAME.to_owned()));
    let event = ReceivedEvent {
        provider: Provider::Stripe,
        id: "evt_1".to_owned(),
        kind: "invoice.paid".to_owned(),
        state: EventState::Received,
        received_at: at(TODAY),
        handled_at: None,
    };
    let mut work = Work {
        counts: PendingCounts { jobs: 5, failing: 2, waiting: 1 },
        failing: vec![failing(acme()), failing(None)],
        next_failing: Some("5.limits of acme".parse().unwrap()),
        waiting: vec![UnhandledEvent { event, tenant: acme() }],
        next_waiting: None,
        accounts: vec![warning()],
        unknown: vec![TenantUnknownObject { object: unknown(), tenant: ("acme".parse().unwrap(), "Acme".to_owned()) }],
        next_unknown: Some("7.sub_gone".parse().unwrap()),
        unmanaged: UnmanagedOverview {
            subscriptions: vec![("acme".parse().unwrap(), ODD_NAME.to_owned(), support())],
            has_more: false,
            prices: vec![UnsoldPrice {
                provider: Provider::Stripe,
                price: "price_support".to_owned(),
                described: "Support, $50.00 a month".to_owned(),
                item: None,
                cycle: Some(Cycle::Monthly),
                payers: 12,
                first_seen_at: at(TODAY),
                last_seen_at: at(TODAY),
            }],
        },
        now: at(TODAY),
    };
    let page = |work: &Work| {
        let html = rendered("/operator/work", |req| operator::work::page(req, work));
        sound(&html);
        html
    };
    let all = page(&work);
    assert!(all.contains("sold_as = { monthly = ["), "{all}");
    for words in ["the &lt;database&gt; failed", "opens the account acct_2 &lt;b&gt;"] {
        assert!(all.contains(words), "{words}: {all}");
    }
    work.waiting.clear();
    work.accounts.clear();
    work.unknown.clear();
    let html = page(&work);
    assert!(!html.contains("is paused"), "{html}");
    assert_shown_with("operator/work", &all, [("no events, no warnings, nothing unknown", html)]);
}

#[test]
fn each_request_has_a_form() {
    let request = |company: &str| EnterpriseRequest {
        id: company.to_owned(),
        company: company.to_owned(),
        contact_name: String::new(),
        email: "a@acme.test".parse().unwrap(),
        use_cases: vec![UseCase::Sla],
        expected_scale: "2 M players".to_owned(),
        notes: "One.\nTwo <i>.".to_owned(),
        tenant: Some("acme".parse().unwrap()),
        user: None,
        created_at: at(TODAY),
        handling: Handling {
            state: EnterpriseRequestState::Talking,
            note: "</textarea>".to_owned(),
            changed_at: Some(at(TODAY)),
        },
    };
    let names = [("acme".parse().unwrap(), "Acme Robotics".to_owned())].into();
    let found = RequestsPage { requests: vec![request("Acme"), request(ODD_NAME)], names, next: None };
    let page = |uri: &str, draft: &Draft| {
        let html = rendered(uri, |req| operator::requests::page(req, &found, draft));
        sound(&html);
        html
    };
    let html = page("/operator/requests?show=talking&after=5.x", &Draft::default());
    for words in ["Two &lt;i&gt;.", "&lt;/textarea>"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let odd = page("/operator/requests?show=tea&after=x", &Draft::default());
    assert!(!odd.contains("name=\"show\"") && !odd.contains("name=\"after\""), "{odd}");
    let late = Draft::of([("request", "Acme"), ("state", "won"), ("note", "Late words")]);
    let moved = Draft::of([("request", "Gone"), ("state", "won"), ("note", "Late words")]);
    let conflict = "/operator/requests?show=talking&after=5.x&code=conflict";
    assert_shown_with(
        "operator/requests",
        &html,
        [
            ("a conflict on a listed request", page(conflict, &late)),
            ("a conflict on a request that is not listed", page(conflict, &moved)),
        ],
    );
}

#[test]
fn keys_of_the_installation_are_listed_and_shown_once() {
    let key = |id: &str, name: &str| ListedInstallationKey {
        id: id.to_owned(),
        name: name.to_owned(),
        scopes: InstallationScope::ALL.to_vec(),
        created_at: at("2025-09-01T00:00:00Z"),
        created_by: (name == ODD_NAME).then(|| "ada@acme.test".to_owned()),
        expires_at: Some(at("2026-01-01T23:59:59Z")),
        is_expired: name == ODD_NAME,
        last_used_at: None,
        sources: vec!["203.0.113.0/24".parse().unwrap()],
    };
    let keys = [key("0011223344556677", ODD_NAME), key("8899aabbccddeeff", "Back end")];
    let page = |uri: &str, keys: &[ListedInstallationKey], fresh: Option<&str>| {
        let html = rendered(uri, |req| operator::keys::page(req, keys, fresh, &Draft::default()));
        sound(&html);
        html
    };
    let html = page("/operator/keys", &keys, None);
    let fresh = page("/operator/keys", &keys, Some("dues_8899aabbccddeeff_secret"));
    assert!(fresh.contains("dues_8899aabbccddeeff_secret"), "{fresh}");
    let other = page("/operator/keys", &keys, Some("dues_00_secret"));
    assert!(!other.contains("dues_00_secret"), "a key of a tenant's page is not shown: {other}");
    let asked = page("/operator/keys?revoke=8899aabbccddeeff", &keys, None);
    let wrong = page("/operator/keys?code=validation_error&wrong=scopes&wrong=name", &keys, None);
    assert_shown_with(
        "operator/keys",
        &html,
        [
            ("a fresh key", fresh),
            ("before a key is revoked", asked),
            ("a mistake", wrong),
            ("no keys", page("/operator/keys", &[], None)),
        ],
    );
}

#[test]
fn revenue_is_shown_with_its_definition() {
    let catalog = domain::catalog::file::default_catalog();
    let counted = |plan: &str, status| SubscriptionCount {
        plan: plan.parse().unwrap(),
        cycle: Cycle::Yearly,
        status,
        currency: None,
        interval: None,
        subscriptions: 12,
        paid_minor: 0,
    };
    let counted = [
        counted("pro", ProviderStatus::Active),
        counted("enterprise", ProviderStatus::Active),
        counted("pro", ProviderStatus::PastDue),
    ];
    let current = revenue(&catalog, &counted);
    let december = "2025-12".parse().unwrap();
    let monthly = current[0].active.monthly;
    let stored = StoredMonth { month: december, monthly, subscriptions: 23 };
    let kind = RevenueChangeKind::New;
    let change = ChangeTotal { month: december, kind, subscriptions: 2, monthly };
    let trends = trend(at(TODAY), &current, &[stored], &[change]);
    let found = DeskRevenue { current, trends, recorded_since: Some(december) };
    let html = rendered("/operator/revenue", |_| operator::revenue::page(&catalog, &found));
    sound(&html);
    assert_shown("operator/revenue", &html);
    let interval = Some("3 month".parse().unwrap());
    let quarterly = SubscriptionCount { cycle: Cycle::Monthly, interval, paid_minor: 90_000, ..counted[0].clone() };
    let found = DeskRevenue { current: revenue(&catalog, &[quarterly]), ..found };
    for (language, words) in [
        ("en", ["every 3 months", "As billed", "$300.00", "counts at its own price"]),
        ("de", ["alle 3 Monate", "Wie abgerechnet", "300,00\u{a0}$", "zählt mit seinem eigenen Preis"]),
    ] {
        let html = installed()
            .get(language)
            .unwrap()
            .within(|| rendered("/operator/revenue", |_| operator::revenue::page(&catalog, &found)));
        for word in words {
            assert!(html.contains(word), "{word}: {html}");
        }
    }
}
