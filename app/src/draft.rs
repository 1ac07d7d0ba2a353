//! What somebody wrote into a form that was sent back, so that she need not write it again.
//!
//! It travels in a cookie for a minute: an address would show it in histories and logs.

use url::form_urlencoded;

use crate::request::{Asked, services, set_cookie};

const NAME: &str = "draft";
const KEPT_SECS: u32 = 60;
/// Longer than an e-mail address and a workspace's name together may be.
const MAX_BYTES: usize = 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) email: String,
    pub(crate) workspace: String,
}

impl Draft {
    /// Gives it to the browser until the form is shown again. One that is too long to be meant is dropped.
    pub(crate) fn keep(&self) {
        let value = self.encoded();
        if value.len() <= MAX_BYTES {
            set_cookie(&format!("{NAME}={value}; Max-Age={KEPT_SECS}; Path=/; SameSite=Lax; HttpOnly{}", secure()));
        }
    }

    /// Takes it back: the form is shown with it once.
    pub(crate) fn take(asked: &Asked) -> Self {
        let Some(value) = asked.cookie(NAME) else { return Self::default() };
        set_cookie(&format!("{NAME}=; Max-Age=0; Path=/; SameSite=Lax; HttpOnly{}", secure()));
        Self::decoded(&value)
    }

    fn encoded(&self) -> String {
        let Self { email, workspace } = self;
        form_urlencoded::Serializer::new(String::new())
            .append_pair("email", email)
            .append_pair("workspace", workspace)
            .finish()
    }

    fn decoded(value: &str) -> Self {
        let mut draft = Self::default();
        for (key, value) in form_urlencoded::parse(value.as_bytes()) {
            match key.as_ref() {
                "email" => draft.email = value.into_owned(),
                "workspace" => draft.workspace = value.into_owned(),
                _ => {}
            }
        }
        draft
    }
}

fn secure() -> &'static str {
    let is_https = services().is_some_and(|services| services.settings().app_url.scheme() == "https");
    if is_https { "; Secure" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_as_it_was() {
        let draft =
            Draft { email: "ada@example.com; Path=/x".to_owned(), workspace: "A & B = \"C\" é\r\n".to_owned() };
        let value = draft.encoded();
        assert!(value.bytes().all(|byte| byte.is_ascii_graphic() && !b";,\"\\".contains(&byte)), "{value}");
        assert_eq!(Draft::decoded(&value), draft);
        assert_eq!(Draft::decoded("%%%"), Draft::default());
    }
}
