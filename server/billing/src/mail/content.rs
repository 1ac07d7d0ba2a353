//! What a mail says, and its rendering as HTML with a text beside it.

use std::{borrow::Cow, fmt::Write};

use locales::{Locale, Part, Rich, text};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use url::Url;

use super::{
    kind::LetterKind,
    look::{MailLook, Medium},
};

/// A mail's subject and content, in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailContent {
    pub kind: LetterKind,
    language: Locale,
    pub subject: String,
    blocks: Vec<Block>,
    /// Why the reader gets the mail.
    reason: Option<String>,
    /// The label and address of the link that turns mails of this kind off.
    unsubscribe: Option<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Paragraph(Rich),
    /// The page where the reader acts.
    Button {
        label: String,
        url: String,
    },
    /// Labels and values.
    Facts(Vec<(String, String)>),
    /// A text that a person wrote.
    Quote(String),
}

impl MailContent {
    pub fn new(kind: LetterKind, language: Locale, subject: impl Into<String>) -> Self {
        Self { kind, language, subject: subject.into(), blocks: Vec::new(), reason: None, unsubscribe: None }
    }

    #[must_use]
    pub fn paragraph(mut self, message: impl Into<Rich>) -> Self {
        self.blocks.push(Block::Paragraph(message.into()));
        self
    }

    /// Adds the link to the page where the reader acts.
    #[must_use]
    pub fn button(mut self, label: impl Into<String>, url: &str) -> Self {
        self.blocks.push(Block::Button { label: label.into(), url: url.to_owned() });
        self
    }

    #[must_use]
    pub fn facts(mut self, facts: Vec<(String, String)>) -> Self {
        self.blocks.push(Block::Facts(facts));
        self
    }

    #[must_use]
    pub fn quote(mut self, text: &str) -> Self {
        self.blocks.push(Block::Quote(text.to_owned()));
        self
    }

    /// Sets the sentence at the end that says why the reader gets the mail.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Sets the link at the end that turns mails of this kind off.
    #[must_use]
    pub fn unsubscribe(mut self, label: impl Into<String>, url: &str) -> Self {
        self.unsubscribe = Some((label.into(), url.to_owned()));
        self
    }

    /// Returns the address that turns mails of this kind off; `None` for a mail that is always sent.
    pub fn unsubscribe_url(&self) -> Option<&str> {
        self.unsubscribe.as_ref().map(|(_, url)| url.as_str())
    }

    /// Renders the plain text.
    pub fn text(&self, look: &MailLook) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            // Writing to a text can't fail.
            let _ = match block {
                Block::Paragraph(message) => writeln!(out, "{}\n", message.plain()),
                Block::Button { label, url } => writeln!(out, "{label}:\n\n{url}\n"),
                Block::Quote(text) => writeln!(out, "{text}\n"),
                Block::Facts(facts) => {
                    for (label, value) in facts {
                        let _ = writeln!(out, "{label}: {value}");
                    }
                    writeln!(out)
                }
            };
        }
        if let Some(reason) = &self.reason {
            out.push_str(reason);
            out.push('\n');
        }
        if let Some((label, url)) = &self.unsubscribe {
            // Writing to a text can't fail.
            let _ = writeln!(out, "{label}: {url}");
        }
        let links = look.links(self.language);
        if self.reason.is_some() && !links.is_empty() {
            out.push('\n');
        }
        for (label, url) in links {
            let _ = writeln!(out, "{label}: {}", in_letters(url));
        }
        out
    }

    /// Renders the HTML document. It loads nothing.
    pub fn html(&self, look: &MailLook, medium: Medium) -> String {
        let Self { kind: _, language, subject, blocks, reason, unsubscribe } = self;
        let name = text!(*language => brand_name);
        let links = look.links(*language);
        let document = html! {
            (DOCTYPE)
            html lang=(language.tag()) dir=(language.direction().as_str()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="supported-color-schemes" content="light dark";
                    title { (subject) }
                    style { (PreEscaped(look.style())) }
                }
                body {
                    table role="presentation" width="100%" cellpadding="0" cellspacing="0" {
                        tr { td align="center" {
                            div class="mail" {
                                p class="app" {
                                    @if let Some(logo) = look.logo_address(medium) {
                                        img src=(logo) alt=(name) height="32";
                                    } @else { (name) }
                                }
                                h1 { (subject) }
                                @for block in blocks { (draw(block)) }
                                @if let Some(reason) = reason { p class="reason" { (reason) } }
                                @if let Some((label, url)) = unsubscribe { p class="url" { a href=(url) { (label) } } }
                                @if !links.is_empty() { p class="foot" { (foot(&links)) } }
                            }
                        } }
                    }
                }
            }
        };
        document.into_string()
    }
}

fn draw(block: &Block) -> Markup {
    html! {
        @match block {
            Block::Paragraph(message) => p { @for part in &message.0 { (draw_part(part)) } },
            Block::Button { label, url } => {
                p { a class="button" href=(url) { (label) } }
                p class="url" { (url) }
            }
            Block::Quote(text) => blockquote { @for line in text.lines() { (line) br; } },
            Block::Facts(facts) => table class="facts" {
                @for (label, value) in facts { tr { th scope="row" { (label) } td { bdi { (value) } } } }
            },
        }
    }
}

fn draw_part(part: &Part) -> Markup {
    html! {
        @match part {
            Part::Text(text) => (text),
            Part::Bold(text) => b { (text) },
            Part::Name(text) => bdi { (text) },
            Part::Code(text) => code { (text) },
            Part::Link { href, text } => a href=(href) { (text) },
        }
    }
}

fn foot(links: &[(Cow<'static, str>, &Url)]) -> Markup {
    html! {
        @for (at, (label, url)) in links.iter().enumerate() {
            @if at > 0 { " · " }
            a href=(url.as_str()) { (label) }
        }
    }
}

/// Returns a link as people read it: a mail address without its scheme.
fn in_letters(url: &Url) -> &str {
    url.as_str().strip_prefix("mailto:").unwrap_or(url.as_str())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{super::look::MailLogo, *};

    fn mail() -> MailContent {
        MailContent::new(LetterKind::PaymentFailed, Locale::current(), "Payment <failed>")
            .paragraph(Rich(vec![Part::Text("It was ".to_owned()), Part::Bold("$29.00 & tax".to_owned())]))
            .facts(vec![("Plan".to_owned(), "Pro".to_owned())])
            .button("Pay now", "https://dues.test/membership?a=1&b=2")
            .quote("one\n<two>")
            .because("You get this because you are an admin of Acme.")
            .unsubscribe("Turn off", "https://dues.test/unsubscribe/a")
    }

    #[test]
    fn the_text_has_everything_that_the_html_has() {
        let expected = "It was $29.00 & tax\n\nPlan: Pro\n\nPay now:\n\nhttps://dues.test/membership?a=1&b=2\n\none\n<two>\n\n\
                        You get this because you are an admin of Acme.\nTurn off: https://dues.test/unsubscribe/a\n";
        assert_eq!(mail().text(&MailLook::default()), expected);
    }

    #[test]
    fn a_name_among_the_facts_has_a_direction_of_its_own() {
        let html =
            mail().facts(vec![("Contact".to_owned(), "עדה".to_owned())]).html(&MailLook::default(), Medium::Mail);
        assert!(html.contains("<td><bdi>עדה</bdi></td>"), "{html}");
    }

    #[test]
    fn nothing_in_a_mail_becomes_markup_and_nothing_is_loaded() {
        let html = mail().html(&MailLook::default(), Medium::Mail);
        assert!(html.contains("<h1>Payment &lt;failed&gt;</h1>") && html.contains("&lt;two&gt;"), "{html}");
        assert!(html.contains("<b>$29.00 &amp; tax</b>"), "{html}");
        assert!(html.contains("href=\"https://dues.test/membership?a=1&amp;b=2\""), "{html}");
        assert!(html.contains("<a href=\"https://dues.test/unsubscribe/a\">Turn off</a>"), "{html}");
        for loading in ["<img", "<script", "<link", "src=", "url(", "@import"] {
            assert!(!html.contains(loading), "{loading}: {html}");
        }
    }
    fn branded() -> MailLook {
        MailLook {
            logo: Some(MailLogo { png: Bytes::from_static(b"\x89PNG") }),
            terms_url: Some("https://acme.test/terms?a=1&b=2".parse().unwrap()),
            support_url: Some("mailto:help@acme.test".parse().unwrap()),
            ..MailLook::default()
        }
    }

    #[test]
    fn the_foot_has_the_links_of_the_product_in_both_parts() {
        let text = mail().text(&branded());
        let expected = "admin of Acme.\nTurn off: https://dues.test/unsubscribe/a\n\nTerms: https://acme.test/terms?a=1&b=2\nSupport: help@acme.test\n";
        assert!(text.ends_with(expected), "{text}");
        let html = mail().html(&branded(), Medium::Mail);
        let expected = "<a href=\"https://acme.test/terms?a=1&amp;b=2\">Terms</a> · \
                        <a href=\"mailto:help@acme.test\">Support</a>";
        assert!(html.contains(expected) && !html.contains("Privacy"), "{html}");
    }

    #[test]
    fn a_logo_stands_in_place_of_the_name_and_is_not_loaded() {
        for (medium, address) in [(Medium::Mail, "cid:logo"), (Medium::Browser, "data:image/png;base64,iVBORw==")] {
            let html = mail().html(&branded(), medium);
            let expected = format!("<p class=\"app\"><img src=\"{address}\" alt=\"Dues\" height=\"32\"></p>");
            assert!(html.contains(&expected), "{html}");
            assert!(!html.contains("src=\"http"), "{html}");
        }
    }
}
