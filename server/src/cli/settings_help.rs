//! The help text about settings.

/// Shown below the help of `server serve`: each setting, what it means, and its default in brackets.
pub(super) const SETTINGS: &str = "\
Settings (environment):
  LISTEN                       address and port to listen on [127.0.0.1:3000]
  APP_URL                      URL that browsers use; https makes cookies secure [http://LISTEN]
  APP_NAME                     what pages, mails and authenticators call the product [Dues]
  LANGUAGES                    languages to offer, the default first [en,de]
  LOCALES_DIR                  folder with more languages and changed messages [none]
  BRAND_LOGO                   path of the logo, SVG or PNG [the name in letters]
  BRAND_LOGO_DARK              path of the logo on dark pages [BRAND_LOGO]
  BRAND_FAVICON                path of the icon of pages, SVG, PNG or ICO [that of Dues]
  BRAND_ACCENT                 accent color, as #0b5f6b, readable on the page [that of Dues]
  BRAND_ACCENT_DARK            accent color of dark pages [derived from BRAND_ACCENT]
  TERMS_URL, PRIVACY_URL       links at the foot of pages [none]
  SUPPORT_URL, STATUS_URL      links at the foot of pages, support also as mailto: [none]
  POWERED_BY                   0 hides that pages of another name are powered by Dues [1]
  DATABASE_URL                 sqlite://… or postgres://… [sqlite://data/dues.db]
  SECRETS_KEY                  32 bytes, base64: seals secrets and idempotent responses [none are stored]
  CATALOG                      TOML file of plans and features [built in]
  GRACE_DAYS                   days that a plan stays active after a failed payment [7]
  USAGE_EVENTS_DAYS            days that usage events are kept, at least 30 [400]
  USAGE_HOURS_DAYS             days that usage is kept by the hour, then by the day [400]
  ENDED_LINKS_DAYS             days that ended links and invitations are kept [30]
  FAILED_JOBS_DAYS             days that jobs that failed for good are kept [30]
  PROVIDER_EVENTS_DAYS         days that received events of providers are kept [90]
  IDEMPOTENCY_KEYS_HOURS       hours that responses to idempotent calls are kept [24]
  WEBHOOK_LOG_DAYS             days that webhook messages and their log are kept [30]
  WEBHOOK_RETRY_SECS           delays after failed deliveries [5,300,1800,7200,18000,36000,36000]
  WEBHOOK_DISABLE_DAYS         days without a delivery after which an endpoint is disabled [5]
  JOB_LANES                    jobs at once [stripe=4,polar=4,provider=2,mail=4,slow_mail=2,housekeeping=2]
  WEBHOOK_LANES                deliveries at once [new=64,prompt=128,slow=32]
  WEBHOOKS_ALLOW_PRIVATE       1 allows webhook endpoints at private addresses [0]
  PAYMENT_PROVIDER             provider of new checkouts: stripe, polar or none [none]
  CHECKOUT_PROMOTION_CODES     1 lets customers enter a promotion code at checkout [0]
  CHECKOUT_AUTOMATIC_TAX       1 lets Stripe calculate and add taxes [0]
  CHECKOUT_TAX_IDS             1 lets customers enter a tax id at checkout [0]
  CHECKOUT_BILLING_ADDRESS     when checkout asks for the billing address: auto or required [auto]
  RECONCILE_SECS               time between comparisons of a live subscription with the provider [3600]
  PROVIDER_CALLS_PER_SEC       calls to the provider that users may cause, on one node [40]
  PROVIDER_READ_LIMIT          reads of the provider a minute for one tenant, 0 for no limit [60]
  PROVIDER_READ_SECS           time that the provider's answer to a page is shown again [3]
  IMPORT_CUSTOMERS_PER_SEC     customers that an import reads [20 at Stripe, 4 at Polar]
  STRIPE_SECRET_KEY            secret key of the Stripe account
  STRIPE_WEBHOOK_SECRET        one or more, separated by commas
  STRIPE_PRICE_MAP             JSON from plan and cycle to price; `server stripe setup` prints it
  STRIPE_PORTAL_CONFIGURATION  `server stripe setup` prints it [the account's default]
  STRIPE_API_BASE              base URL of a sandbox; requires ALLOW_SANDBOX=1 [Stripe's]
  POLAR_API_KEY                access token of the Polar organization
  POLAR_ORGANIZATION_ID        organization id, for a token of several organizations
  POLAR_WEBHOOK_SECRET         one or more, separated by commas
  POLAR_PRODUCT_MAP            JSON from plan and cycle to product; `server polar setup` prints it
  POLAR_API_BASE               base URL of a sandbox; requires ALLOW_SANDBOX=1 [Polar's]
  ALLOW_SANDBOX                1 allows base URLs of a sandbox and webhook endpoints with http [not set]
  ALLOWED_REDIRECT_ORIGINS     origins beside APP_URL's that a checkout may return to
  CORS_ORIGINS                 origins whose scripts may call the API with a bearer token
  EMBED_ORIGINS                origins that may frame /pricing and portal sessions
  PUBLIC_PLANS                 1 opens GET /billing/plans and /pricing to anyone [0]
  PRICING_ACTION_URL           URL that /pricing leads to, with ?plan and ?cycle [/signup]
  TOKEN_ISSUERS                JSON list of issuers whose bearer tokens the API accepts
  OIDC_PROVIDERS               JSON list of identity providers to sign in with
  PASSWORD_LOGIN               0 leaves sign-in to the identity providers [1]
  FIREBASE_PROJECT_ID          Firebase project whose ID tokens are accepted [none are]
  FIREBASE_JWKS_URL            URL of the keys of Firebase's ID tokens [Google's]
  SMTP_URL                     mail server, as smtps://user:password@host [no mail is sent]
  MAIL_FROM                    sender of mails [APP_NAME <no-reply@HOST of APP_URL>]
  SALES_EMAIL                  recipient of mails about enterprise requests [they are only stored]
  TRUSTED_PROXIES              addresses and networks (CIDR) whose X-Forwarded-For is trusted
  RATE_LIMIT_PERSON            API requests a minute of one person, 0 for no limit [6000]
  RATE_LIMIT_KEY               API requests a minute of one key [6000000]
  RATE_LIMIT_ADDRESS           requests a minute of anonymous callers from one address [3000]
  RATE_LIMIT_PAGES             pages a minute of one user, or from one address [1200]
  SIGNUP_LIMIT_ADDRESS         sign-ups in 15 minutes from one address [60]
  SIGNUP_LIMIT_ALL             sign-ups in 15 minutes from all addresses [1000]
  SESSION_IDLE_DAYS            idle days after which a session ends [7]
  SESSION_DAYS                 days after which a session ends in any case [30]
  MAX_CONNECTIONS              open connections [10000]
  MAX_CONNECTIONS_PER_ADDRESS  open connections from one address; TRUSTED_PROXIES are exempt [512]
  HEADER_TIMEOUT_SECS          time to receive the head of a request [10]
  BODY_TIMEOUT_SECS            time to receive the body of a request [20]
  WRITE_TIMEOUT_SECS           time that a client may read nothing of a response [20]
  KEEP_ALIVE_SECS              time that an idle connection is kept [75]
  SECURITY_CONTACT             mailto: or https: URL at /.well-known/security.txt [not served]
  SANDBOX_LISTEN               address and port of the sandbox in `server demo` [127.0.0.1:12111]
  METRICS_LISTEN               address and port of /metrics [127.0.0.1:9464, unless it is taken]
  OTEL_EXPORTER_OTLP_ENDPOINT  base URL of the collector of traces [no traces]
  OTEL_EXPORTER_OTLP_HEADERS   headers of each export, as name=value,name=value
  OTEL_EXPORTER_OTLP_PROTOCOL  http/protobuf
  OTEL_SERVICE_NAME            name of the service in traces [dues]
  OTEL_TRACES_SAMPLER          which traces are exported [parentbased_always_on]
  OTEL_TRACES_SAMPLER_ARG      share of traces, 0 to 1, for the samplers with a ratio [1]
  RUST_LOG, LOG_FORMAT         log filter, and text or json [info,sqlx=warn; text]

On SIGTERM or SIGINT the server finishes requests and jobs in progress, then exits with 0.";

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// Returns the names of settings in the sources at `path`: quoted texts in capitals.
    fn settings_in(path: &Path) -> BTreeSet<String> {
        if path.is_dir() {
            return fs::read_dir(path).unwrap().flat_map(|entry| settings_in(&entry.unwrap().path())).collect();
        }
        let is_setting = |text: &&str| {
            text.len() > 3
                && text.starts_with(char::is_alphabetic)
                && text.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_')
        };
        fs::read_to_string(path).unwrap().split('"').filter(is_setting).map(str::to_owned).collect()
    }

    #[test]
    fn every_setting_is_in_the_help_and_in_the_guide() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let guide = fs::read_to_string(package.join("docs/settings.md")).unwrap();
        let help: BTreeSet<&str> = SETTINGS.split(|char: char| char.is_whitespace() || char == ',').collect();
        let sources = ["src/config", "src/config.rs"];
        let names: BTreeSet<String> = sources.iter().flat_map(|path| settings_in(&package.join(path))).collect();
        assert!(names.len() > 50, "found the settings: {names:?}");
        for name in &names {
            assert!(help.contains(name.as_str()), "`server serve --help` lacks {name}");
            assert!(guide.contains(&format!("`{name}`")), "docs/settings.md lacks {name}");
        }
    }
}
