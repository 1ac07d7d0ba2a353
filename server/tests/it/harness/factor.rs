//! A second factor, set up on the account page.

use totp_rs::{Builder, Secret};

use super::{Browser, now_secs};

const ACCOUNT: &str = "/settings/account";

/// The secret of an authenticator and the recovery codes.
pub(crate) struct Factor {
    pub(crate) secret: String,
    pub(crate) codes: Vec<String>,
}

impl Factor {
    /// Returns the code that is valid `steps` times 30 seconds from now; each code works once.
    pub(crate) fn code(&self, steps: i64) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        let at = u64::try_from(now_secs() + 30 * steps).unwrap();
        Builder::new().with_secret(secret).build().unwrap().generate(at).to_string()
    }

    /// Sets up a second factor on the account page.
    pub(crate) async fn set_up(owner: &Browser) -> Self {
        assert!(owner.submit("/rpc/begin-second-factor", &[]).await.leads_to().starts_with(ACCOUNT));
        let page = owner.get(ACCOUNT).await.text;
        assert!(page.contains("class=\"qr\"") && !page.contains("https://chart"), "{page}");
        let mut factor = Self { secret: shown(&page, "Setup key"), codes: Vec::new() };
        let wrong = owner.submit("/rpc/enable-second-factor", &[("code", "000000")]).await;
        assert!(wrong.leads_to().contains("code=invalid_code"), "{wrong:#?}");
        let on = owner.submit("/rpc/enable-second-factor", &[("code", &factor.code(0))]).await;
        assert_eq!(on.leads_to(), "/settings/account?code=second_factor_on");
        let page = owner.get(on.leads_to()).await.text;
        factor.codes = shown(&page, "Recovery codes").lines().map(str::to_owned).collect();
        assert_eq!(factor.codes.len(), 10);
        assert!(!owner.get(ACCOUNT).await.text.contains(&factor.codes[0]), "shown once");
        factor
    }
}

/// Returns the text of the page's read-only field with this label.
fn shown(page: &str, label: &str) -> String {
    let field = page.split("<textarea").find(|part| part.contains(&format!("aria-label=\"{label}\""))).unwrap();
    field.split('>').nth(1).unwrap().split('<').next().unwrap().trim().to_owned()
}
