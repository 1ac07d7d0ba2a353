//! The monthly report.

use std::borrow::Cow;

use domain::{
    account::names::name_for_mail,
    catalog::{Feature, Limit},
    money::Money,
    time::Timestamp,
};
use locales::{Locale, text};

use crate::mail::{content::MailContent, kind::LetterKind};

/// The highest usage of a feature in a month, and its limit now.
pub(crate) struct MonthlyMeter<'a> {
    pub(crate) feature: &'a Feature,
    pub(crate) highest: u64,
    pub(crate) limit: Limit,
}

/// What is paid next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upcoming {
    Payment {
        /// `None` if the provider does not report it.
        amount: Option<Money>,
        at: Timestamp,
    },
    /// The subscription ends.
    End(Timestamp),
    /// Nothing is known to be paid.
    Nothing,
}

/// A workspace's month.
pub(crate) struct MonthlyReport<'a> {
    pub(crate) workspace: &'a str,
    /// The start of the month.
    pub(crate) month: Timestamp,
    pub(crate) plan: &'a str,
    pub(crate) upcoming: Upcoming,
    pub(crate) meters: Vec<MonthlyMeter<'a>>,
}

/// The report about a month. `link` is the usage page.
pub(crate) fn monthly_report(language: Locale, report: &MonthlyReport<'_>, link: &str) -> MailContent {
    let workspace = name_for_mail(report.workspace);
    let month = month_name(language, report.month);
    let mut facts = vec![(text!(language => mail_report_plan), language.translate(report.plan).into_owned())];
    match report.upcoming {
        Upcoming::Payment { amount, at } => {
            let at = language.day(at);
            let payment = match amount {
                Some(amount) => text!(language => mail_report_payment, amount = language.exact(amount), at = at),
                None => at.into(),
            };
            facts.push((text!(language => mail_report_next_payment), payment.into_owned()));
        }
        Upcoming::End(at) => facts.push((text!(language => mail_report_ends), language.day(at))),
        Upcoming::Nothing => {}
    }
    let content = MailContent::new(
        LetterKind::MonthlyReport,
        language,
        text!(language => mail_report_subject, workspace = &workspace, month = month.clone()),
    )
    .paragraph(text!(language => mail_report_what, workspace = &workspace))
    .facts(labelled(facts));
    let content = if report.meters.is_empty() {
        content.paragraph(text!(language => mail_report_unused, month = month))
    } else {
        let meters = report.meters.iter().map(|meter| meter_fact(language, meter)).collect();
        content.paragraph(text!(language => mail_report_highest, month = month)).facts(meters)
    };
    content
        .button(text!(language => mail_report_button), link)
        .because(text!(language => mail_because_report, workspace = &workspace))
}

fn meter_fact(language: Locale, meter: &MonthlyMeter<'_>) -> (String, String) {
    let MonthlyMeter { feature, highest, limit } = meter;
    let used = language.amount(feature, *highest);
    let value = match *limit {
        Limit::Unlimited => text!(language => mail_report_used_unlimited, used = used),
        Limit::AtMost(most) => {
            text!(language => mail_report_used, used = used, limit = language.full_amount(feature, most))
        }
    };
    (language.translate(&feature.title).into_owned(), value.into_owned())
}

/// Names a month and its year: `November 2026`.
fn month_name(language: Locale, month: Timestamp) -> Cow<'static, str> {
    let at = month.to_utc();
    text!(language => mail_report_month, month = u8::from(at.month()), year = at.year().to_string())
}

fn labelled(facts: Vec<(Cow<'static, str>, String)>) -> Vec<(String, String)> {
    facts.into_iter().map(|(label, value)| (label.into_owned(), value)).collect()
}
