//! Seeds the demo's tenants, accounts, plans and usage.

use billing::{
    Services,
    identity::factors::Confirmed,
    service::{
        DemoAccount, ServiceError, base::permission::Biller, checkout::CheckoutOrder, operator::AccountName,
        tenant::secret::SecretsAuthority, usage::UsageEvent,
    },
};
use color_eyre::eyre::{ensure, eyre};
use domain::{
    account::{Email, Identity, Membership, Role, Viewer},
    catalog::{Catalog, Cycle},
    entitlement::window,
    ids::{TenantId, UserId},
    subscription::checkout_options::CheckoutOptions,
    time::Timestamp,
};

pub(super) const PASSWORD: &str = "correct horse battery staple";
/// The operator's account, which belongs to no tenant.
pub(super) const OPERATOR: &str = "operator@dues.test";

/// A tenant of the demo. Its owner is `owner@{host}`, its member `member@{host}`.
struct TenantSpec {
    name: &'static str,
    host: &'static str,
    /// The plan that is bought at the first start, on the hosted checkout with a test card; `None` for the free plan.
    buys: Option<&'static str>,
    used: &'static [(&'static str, u64)],
    /// Keys of the tenant's secrets. Their values are random.
    secrets: &'static [&'static str],
}

const TENANTS: [TenantSpec; 3] = [
    TenantSpec {
        name: "Acme Robotics",
        host: "acme.test",
        buys: Some("pro"),
        used: &[
            ("websocket_connections", 45),
            ("websocket_entities_watched", 8),
            ("websocket_rooms", 3),
            ("file_storage_bytes", 1 << 30),
            ("ai_tokens", 6_210_000),
            ("ai_cost", 31_400_000),
            ("auth_providers", 2),
            ("database_connections", 1),
            ("feature_flags", 31),
            ("projects", 1),
            ("environments", 1),
            ("flutter_apps", 1),
            ("telemetry_events_monthly", 318_204),
        ],
        secrets: &[
            "crm_api_token",
            "ldap_bind_password",
            "maps_api_key",
            "pagerduty_token",
            "push_signing_key",
            "s3_access_key",
            "s3_secret_key",
            "sentry_dsn",
            "slack_webhook_url",
            "smtp_password",
            "sms_gateway_token",
            "vpn_shared_key",
        ],
    },
    TenantSpec {
        name: "Harbor Works",
        host: "harbor.test",
        buys: None,
        used: &[
            ("websocket_connections", 3),
            ("file_storage_bytes", 30 << 20),
            ("ai_tokens", 12_400),
            ("feature_flags", 2),
        ],
        secrets: &[],
    },
    TenantSpec { name: "Lumen Labs", host: "lumen.test", buys: None, used: &[], secrets: &[] },
];

/// A second tenant of the first tenant's owner, who can switch between the two.
const SECOND_WORKSPACE: &str = "Acme Labs";

/// A tenant as `demo.json` lists it.
#[derive(Debug)]
pub(super) struct DemoTenant {
    pub id: TenantId,
    pub name: &'static str,
    pub plan: String,
    pub owner: String,
    pub member: String,
}

/// Returns the accounts that the demo's login page offers.
pub(super) fn accounts(catalog: &Catalog) -> Vec<DemoAccount> {
    let title = |plan: Option<&str>| {
        let plan = plan.unwrap_or(catalog.free.as_str());
        catalog.plan(plan).map_or_else(|| plan.to_owned(), |plan| plan.name.clone())
    };
    let accounts = TENANTS.iter().flat_map(|spec| {
        [("owner", true), ("member", false)].map(|(who, may_change)| DemoAccount {
            email: format!("{who}@{}", spec.host),
            tenant: spec.name.to_owned(),
            plan: title(spec.buys),
            may_change,
        })
    });
    accounts.take(3).collect()
}

/// Creates missing tenants and accounts. Safe to repeat: existing ones keep their changes.
pub(super) async fn create_tenants(services: &Services) -> color_eyre::Result<Vec<DemoTenant>> {
    let mut tenants = Vec::new();
    for spec in &TENANTS {
        let (owner, member) = (format!("owner@{}", spec.host), format!("member@{}", spec.host));
        let (id, user, is_new) = ensure_tenant(services, spec.name, &owner).await?;
        services.tenants().add_member(&id, &member, PASSWORD, Role::Member).await?;
        let person = viewer(services, &id, spec.name, user, owner.parse()?);
        if let Some(plan) = spec.buys {
            buy(services, plan, person.clone()).await?;
        }
        // Usage is recorded after the purchase. Earlier, it would exceed the free plan's limits and cause alerts.
        if is_new {
            let now = services.billing_now();
            let events = spec.used.iter().flat_map(|(feature, used)| spread(services.catalog(), feature, *used, now));
            services.usage().record(&id, events.collect()).await?;
            let keeper = SecretsAuthority::admin(&person)?.confirmed(&Confirmed::not_asked());
            for name in spec.secrets {
                match services
                    .secrets()
                    .set_secret(&keeper, name, &hex::encode(rand::random::<[u8; 16]>()).into())
                    .await
                {
                    // Without a provider the tenant stays on the free plan, which allows fewer secrets.
                    Err(ServiceError::LimitReached(_)) => break,
                    kept => drop(kept?),
                }
            }
        }
        let plan = services.subscriptions().tenant_plan(&id).await?.entitlements.plan.into();
        tenants.push(DemoTenant { id, name: spec.name, plan, owner, member });
    }
    ensure_operator(services).await?;
    if let Some(first) = TENANTS.first() {
        ensure_tenant(services, SECOND_WORKSPACE, &format!("owner@{}", first.host)).await?;
    }
    Ok(tenants)
}

/// Creates the operator at the first start only: an operator that was removed stays removed.
async fn ensure_operator(services: &Services) -> color_eyre::Result<()> {
    let known = services.store().read().await?.connection().find_user_by_email(&OPERATOR.parse()?).await?;
    if known.is_none() {
        services.tenants().create_account(OPERATOR, PASSWORD).await?;
        services.operators().add_operator(AccountName::Email(OPERATOR)).await?;
    }
    Ok(())
}

/// Returns a tenant with its owner, and whether it was created by this call.
async fn ensure_tenant(services: &Services, name: &str, owner: &str) -> color_eyre::Result<(TenantId, UserId, bool)> {
    let mut reader = services.store().read().await?;
    if let Some(user) = reader.connection().find_user_by_email(&owner.parse()?).await? {
        let theirs = reader.connection().list_tenants_of_user(&user.id).await?;
        if let Some((tenant, _)) = theirs.into_iter().find(|(tenant, _)| tenant.name == name) {
            return Ok((tenant.id, user.id, false));
        }
    }
    drop(reader);
    let made = services.tenants().create_tenant(name, owner, PASSWORD, None).await?;
    Ok((made.tenant, made.owner, true))
}

/// Returns usage events that add up to `used`, spread over the days since the feature's period began.
fn spread(catalog: &Catalog, feature: &str, used: u64, now: Timestamp) -> Vec<UsageEvent> {
    let kind = catalog.feature(feature).map(|feature| feature.kind);
    let began = kind.and_then(|kind| window(kind, None, now)).map_or(now, |(start, _)| start);
    let days = began.days_until(now).unsigned_abs();
    // Usage grows from day to day. The last day gets the remainder of the division.
    let weight = |day: u64| day + 3;
    let all: u64 = (0..=days).map(weight).sum();
    let mut left = used;
    (0..=days)
        .map(|day| {
            let amount = if day == days { left } else { used / all * weight(day) };
            left -= amount;
            let back = i64::try_from(days - day).unwrap_or_default();
            UsageEvent {
                source: "/demo".to_owned(),
                id: format!("{feature} {day}"),
                feature: feature.to_owned(),
                amount,
                at: Some(now.plus_secs(-back * 86_400)),
            }
        })
        .filter(|event| event.amount > 0)
        .collect()
}

fn viewer(services: &Services, tenant: &TenantId, name: &str, user: UserId, email: Email) -> Viewer {
    let current_membership = Membership {
        tenant_id: tenant.clone(),
        tenant_name: name.to_owned(),
        role: Role::Owner,
        plan: services.catalog().free.clone(),
    };
    let identity = Identity::Account(email);
    Viewer { user_id: user, identity, current_membership, other_memberships: Vec::new() }
}

/// Buys a plan as a person does: checkout, the card on the hosted page, and return. Does nothing for a tenant with a
/// subscription.
async fn buy(services: &Services, plan: &str, viewer: Viewer) -> color_eyre::Result<()> {
    let is_new =
        services.subscriptions().tenant_plan(&viewer.current_membership.tenant_id).await?.subscription.is_none();
    if !is_new || services.provider().name().is_none() {
        return Ok(());
    }
    let order = CheckoutOrder {
        plan: plan.to_owned(),
        cycle: Cycle::Monthly,
        success_url: None,
        cancel_url: None,
        upgrade_only: false,
        seats: None,
        is_confirmed: false,
        language: None,
        options: CheckoutOptions::default(),
    };
    let started = services.checkouts().start_checkout(&Biller::person(&viewer)?, order).await?;
    let card = [
        ("email", viewer.email().map(Email::as_str).unwrap_or_default()),
        ("card_number", "4242 4242 4242 4242"),
        ("expiry", "12 / 44"),
        ("cvc", "123"),
        ("name", "Ada Acme"),
    ];
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let answer = client.post(&started.url).form(&card).send().await?;
    ensure!(answer.status().is_redirection(), "the sandbox did not take the demo's card: {}", answer.status());
    services.checkouts().settle_return(&viewer, None).await?;
    let tenant_plan = services.subscriptions().tenant_plan(&viewer.current_membership.tenant_id).await?;
    if tenant_plan.entitlements.plan.as_str() == plan {
        Ok(())
    } else {
        Err(eyre!("the demo's payment did not arrive"))
    }
}
