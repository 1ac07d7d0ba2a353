use std::num::NonZeroU32;

use rstest::rstest;

use super::{CheckoutProvider, Config, Limits, RateLimits, setting::Settings};

#[rstest]
#[case(&[("LISTEN", "nowhere")], "LISTEN is wrong: it expects an address and port, as 127.0.0.1:3000")]
#[case(&[("PAYMENT_PROVIDER", "cash")], "PAYMENT_PROVIDER is wrong: it expects stripe, polar or none")]
#[case(&[("PAYMENT_PROVIDER", "polar")], "POLAR_API_KEY is missing: it expects the organization's access token, as PAYMENT_PROVIDER is polar")]
#[case(&[("POLAR_WEBHOOK_SECRET", "polar_whs_x")], "POLAR_API_KEY is missing: it expects the organization's access token, as POLAR_WEBHOOK_SECRET is set")]
#[case(&[("POLAR_API_KEY", "polar_oat_x"), ("POLAR_API_BASE", "http://127.0.0.1:1/polar")],
    "POLAR_API_BASE is wrong: it expects Polar's own address, or ALLOW_SANDBOX=1 beside it for a stand-in")]
#[case(&[("POLAR_API_KEY", "polar_sk_live_x"), ("POLAR_API_BASE", "http://127.0.0.1:1/polar"), ("ALLOW_SANDBOX", "1")],
    "POLAR_API_KEY is wrong: it expects a test key, since POLAR_API_BASE names http://127.0.0.1:1/polar")]
#[case(&[("POLAR_API_KEY", "polar_oat_x"), ("POLAR_PRODUCT_MAP", r#"{"platinum_monthly":"prod-1"}"#)],
    "POLAR_PRODUCT_MAP: \"platinum_monthly\" names no plan of the catalog that is paid for; it has starter, standard, pro, team, business, scale, enterprise")]
#[case(&[("PAYMENT_PROVIDER", "stripe")], "STRIPE_SECRET_KEY is missing: it expects the account's secret key, as PAYMENT_PROVIDER is stripe")]
#[case(&[("STRIPE_WEBHOOK_SECRET", "whsec_x")], "STRIPE_SECRET_KEY is missing: it expects the account's secret key, as STRIPE_WEBHOOK_SECRET is set")]
#[case(&[("DATABASE_URL", "mysql://x")], "DATABASE_URL is wrong: it expects sqlite://path or postgres://…")]
#[case(&[("SECRETS_KEY", "c2hvcnQ=")], "SECRETS_KEY is wrong: it expects 32 random bytes in base64, or several such keys and commas")]
#[case(&[("USAGE_EVENTS_DAYS", "29")], "USAGE_EVENTS_DAYS is wrong: it expects a number of days, 30 to 65535")]
#[case(&[("WEBHOOKS_ALLOW_PRIVATE", "yes")], "WEBHOOKS_ALLOW_PRIVATE is wrong: it expects 0 or 1")]
#[case(&[("GRACE_DAYS", "-1")], "GRACE_DAYS is wrong: it expects a number of days, 0 to 65535")]
#[case(&[("APP_URL", "ftp://x")], "APP_URL is wrong: it expects an http or https address without user, query or fragment")]
#[case(&[("STRIPE_SECRET_KEY", "sk_test_x"), ("STRIPE_API_BASE", "http://127.0.0.1:1/")],
    "STRIPE_API_BASE is wrong: it expects Stripe's own address, or ALLOW_SANDBOX=1 beside it for a stand-in")]
#[case(&[("STRIPE_SECRET_KEY", "sk_live_x"), ("STRIPE_API_BASE", "http://127.0.0.1:1/"), ("ALLOW_SANDBOX", "1")],
    "STRIPE_SECRET_KEY is wrong: it expects a test key, since STRIPE_API_BASE names a stand-in")]
#[case(&[("ALLOWED_REDIRECT_ORIGINS", "https://a.test,mailto:x")],
    "ALLOWED_REDIRECT_ORIGINS is wrong: it expects http or https origins, as https://app.example.com")]
#[case(&[("FIREBASE_PROJECT_ID", "My Project")], "FIREBASE_PROJECT_ID is wrong: it expects the id of a project, as acme-billing-1234")]
#[case(&[("FIREBASE_JWKS_URL", "http://127.0.0.1:1/jwks")],
    "FIREBASE_PROJECT_ID is missing: it expects the project's id, as FIREBASE_JWKS_URL is set")]
#[case(&[("FIREBASE_PROJECT_ID", "acme"), ("FIREBASE_JWKS_URL", "http://keys.example.com/jwks")],
    "FIREBASE_JWKS_URL is wrong: it expects an https address, or http on this machine or with ALLOW_SANDBOX=1")]
#[case(&[("FIREBASE_PROJECT_ID", "acme"), ("FIREBASE_JWKS_URL", "file:///keys")],
    "FIREBASE_JWKS_URL is wrong: it expects an https address, or http on this machine or with ALLOW_SANDBOX=1")]
#[case(&[("RATE_LIMIT_KEY", "many")], "RATE_LIMIT_KEY is wrong: it expects a number of requests a minute, 0 for no limit")]
#[case(&[("RATE_LIMIT_PERSON", "-1")], "RATE_LIMIT_PERSON is wrong: it expects a number of requests a minute, 0 for no limit")]
#[case(&[("RATE_LIMIT_ADDRESS", "4294967296")], "RATE_LIMIT_ADDRESS is wrong: it expects a number of requests a minute, 0 for no limit")]
#[case(&[("SIGNUP_LIMIT_ADDRESS", "-1")], "SIGNUP_LIMIT_ADDRESS is wrong: it expects a number of sign-ups in 15 minutes, 0 for no limit")]
#[case(&[("SESSION_IDLE_DAYS", "0")], "SESSION_IDLE_DAYS is wrong: it expects a number of days, 1 to 400")]
#[case(&[("SESSION_DAYS", "401")], "SESSION_DAYS is wrong: it expects a number of days, 1 to 400")]
#[case(&[("RATE_LIMIT_PAGES", "-1")], "RATE_LIMIT_PAGES is wrong: it expects a number of requests a minute, 0 for no limit")]
#[case(&[("PROVIDER_READ_SECS", "soon")], "PROVIDER_READ_SECS is wrong: it expects a number of seconds, 0 to 255")]
#[case(&[("TRUSTED_PROXIES", "10.0.0.0/8,proxy")],
    "TRUSTED_PROXIES is wrong: it expects IP addresses or networks, separated by commas, as 10.0.0.7,172.16.0.0/12")]
#[case(&[("TRUSTED_PROXIES", "10.0.0.0/33")],
    "TRUSTED_PROXIES is wrong: it expects IP addresses or networks, separated by commas, as 10.0.0.7,172.16.0.0/12")]
#[case(&[("MAX_CONNECTIONS", "0")], "MAX_CONNECTIONS is wrong: it expects a number of connections, 1 to 1000000")]
#[case(&[("MAX_CONNECTIONS_PER_ADDRESS", "many")],
    "MAX_CONNECTIONS_PER_ADDRESS is wrong: it expects a number of connections, 1 to 1000000")]
#[case(&[("HEADER_TIMEOUT_SECS", "0")], "HEADER_TIMEOUT_SECS is wrong: it expects a number of seconds, 1 to 3600")]
#[case(&[("BODY_TIMEOUT_SECS", "3601")], "BODY_TIMEOUT_SECS is wrong: it expects a number of seconds, 1 to 3600")]
#[case(&[("WRITE_TIMEOUT_SECS", "-1")], "WRITE_TIMEOUT_SECS is wrong: it expects a number of seconds, 1 to 3600")]
#[case(&[("KEEP_ALIVE_SECS", "x")], "KEEP_ALIVE_SECS is wrong: it expects a number of seconds, 1 to 3600")]
#[case(&[("SECURITY_CONTACT", "http://example.com")],
    "SECURITY_CONTACT is wrong: it expects an address to write to, as mailto:security@example.com, or an https address")]
#[case(&[("LOG_FORMAT", "xml")], "LOG_FORMAT is wrong: it expects text or json")]
#[case(&[("SMTP_URL", "mail.example.com:25")],
    "SMTP_URL is wrong: it expects smtps://user:password@host or smtp://user:password@host:587, with ?tls=none for a server without TLS")]
#[case(&[("SALES_EMAIL", "sales")], "SALES_EMAIL is wrong: it expects an e-mail address, as sales@example.com")]
#[case(&[("SALES_EMAIL", "a<b>@example.com")], "SALES_EMAIL is wrong: it expects an e-mail address, as sales@example.com")]
#[case(&[("MAIL_FROM", "Dues")], "MAIL_FROM is wrong: it expects who mails are from, as Dues <no-reply@example.com>")]
#[case(&[("CATALOG", "/nowhere.toml")], "CATALOG is wrong: it expects a catalog file that can be read (No such file or directory (os error 2))")]
fn error_names_the_setting_and_what_it_expects(#[case] pairs: &[(&str, &str)], #[case] line: &str) {
    assert_eq!(Config::read(&Settings::of(pairs)).unwrap_err().to_string(), line);
}

#[test]
fn price_map_with_an_unknown_plan_is_refused() {
    let settings = [("STRIPE_SECRET_KEY", "sk_test_x"), ("STRIPE_PRICE_MAP", r#"{"platinum_monthly":"price_1"}"#)];
    let error = Config::read(&Settings::of(&settings)).unwrap_err().to_string();
    assert!(
        error.contains("STRIPE_PRICE_MAP") && error.contains("platinum_monthly") && !error.contains('\n'),
        "{error}"
    );
}

#[test]
fn without_settings_no_provider_and_all_defaults_apply() {
    let config = Config::read(&Settings::of(&[])).unwrap();
    assert_eq!(config.checkout_provider, CheckoutProvider::None);
    assert_eq!(config.app_url.as_str(), "http://127.0.0.1:3000/");
    assert_eq!(config.grace_secs, 7 * 86_400);
    let RateLimits { person, key, address, pages } = config.rate_limits;
    assert_eq!((person, key, address), (NonZeroU32::new(6000), NonZeroU32::new(6_000_000), NonZeroU32::new(3000)));
    assert_eq!(pages, NonZeroU32::new(1200));
    assert_eq!(config.limits, Limits::default());
}

#[rstest]
#[case(&[("FIREBASE_PROJECT_ID", "acme")], "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com")]
#[case(&[("FIREBASE_PROJECT_ID", "acme"), ("FIREBASE_JWKS_URL", "http://[::1]:1/jwks")], "http://[::1]:1/jwks")]
#[case(&[("FIREBASE_PROJECT_ID", "acme"), ("FIREBASE_JWKS_URL", "http://sandbox:1/jwks"), ("ALLOW_SANDBOX", "1")], "http://sandbox:1/jwks")]
fn firebase_keys_come_from_google_or_the_configured_url(#[case] pairs: &[(&str, &str)], #[case] url: &str) {
    let config = Config::read(&Settings::of(pairs)).unwrap();
    assert_eq!(config.sign_in.firebase.unwrap().jwks_url.as_str(), url);
}

#[test]
fn trusted_proxies_are_addresses_and_networks() {
    let settings = [("TRUSTED_PROXIES", "10.0.0.7, 172.16.5.5/12,::ffff:192.0.2.1,2001:db8::/32")];
    let config = Config::read(&Settings::of(&settings)).unwrap();
    let lines = config.lines();
    let (_, printed) = lines.iter().find(|(name, _)| *name == "TRUSTED_PROXIES").unwrap();
    assert_eq!(printed, "10.0.0.7,172.16.0.0/12,192.0.2.1,2001:db8::/32");
}

#[test]
fn printed_settings_mask_secrets() {
    let settings = Settings::of(&[
        ("STRIPE_SECRET_KEY", "sk_test_planted"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_planted"),
        ("DATABASE_URL", "postgres://dues:planted@127.0.0.1/dues"),
        ("SECRETS_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("SMTP_URL", "smtps://dues:planted@mail.example.com"),
    ]);
    let in_query = Settings::of(&[("DATABASE_URL", "postgres://127.0.0.1/dues?user=dues&password=planted")]);
    let lines = |settings| format!("{:?}", Config::read(settings).unwrap().lines());
    let printed = lines(&settings) + &lines(&in_query);
    assert!(!printed.contains("planted") && !printed.contains("AAECAw"), "{printed}");
}

#[rstest]
#[case("Acme", "Acme <no-reply@127.0.0.1>")]
#[case("Größe & Söhne, Inc.", "\"Größe & Söhne, Inc.\" <no-reply@127.0.0.1>")]
#[case("Ada's \"Shop\"", "\"Ada's \\\"Shop\\\"\" <no-reply@127.0.0.1>")]
fn mail_sender_defaults_to_the_name_of_the_product(#[case] app_name: &str, #[case] from: &str) {
    let config = Config::read(&Settings::of(&[("APP_NAME", app_name)])).unwrap();
    assert_eq!(config.mail_from.to_string(), from);
}

#[rstest]
#[case("https://billing.example.com", "Dues <no-reply@billing.example.com>")]
#[case("http://127.0.0.1:3000", "Dues <no-reply@127.0.0.1>")]
#[case("http://[::1]:3000", "Dues <no-reply@localhost>")]
fn mail_sender_defaults_to_the_host_of_app_url(#[case] app_url: &str, #[case] from: &str) {
    let config = Config::read(&Settings::of(&[("APP_URL", app_url)])).unwrap();
    assert_eq!(config.mail_from.to_string(), from);
    assert!(config.mailer.is_none());
}

#[test]
fn settings_are_given_by_name_and_empty_ones_are_not_set() {
    let config = Config::from_pairs(&[("LISTEN", String::new()), ("GRACE_DAYS", "3".to_owned())]).unwrap();
    assert_eq!((config.listen.port(), config.grace_secs), (3000, 3 * 86_400));
}
