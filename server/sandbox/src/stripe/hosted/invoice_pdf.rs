//! `/invoice/{page}/pdf`: an invoice as PDF. The file is one page of text, so it needs no PDF library.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};

use super::invoice::by_page;
use crate::{
    page::{
        self,
        hosted::{PageError, not_found_page},
    },
    storage::{Transaction, World},
    stripe::objects::{customer::Customer, invoice::Invoice},
};

const TOP: i32 = 780;
const LINE_HEIGHT: i32 = 20;
/// How many lines fit on the page.
const MOST_LINES: usize = 36;

pub(super) async fn show(State(world): State<Arc<World>>, Path(page): Path<String>) -> Result<Response, PageError> {
    world
        .transact(move |tx| {
            let Some(invoice) = by_page(tx, &page) else { return Ok(not_found_page("invoice").into_response()) };
            let pdf = pdf(&lines(tx, &invoice));
            Ok(([(header::CONTENT_TYPE, "application/pdf")], pdf).into_response())
        })
        .await
}

fn lines(tx: &Transaction<'_>, invoice: &Invoice) -> Vec<String> {
    let number = invoice.number.as_deref().unwrap_or("draft");
    let to = tx
        .get::<Customer>(&invoice.customer)
        .and_then(|customer| customer.name.clone().or_else(|| customer.email.clone()));
    let mut lines = vec![
        format!("{}: invoice {number} (a sandbox's: no money moved)", tx.merchant),
        format!("{}, {}", page::date(invoice.created), invoice.status.as_str()),
        to.map(|to| format!("To {to}")).unwrap_or_default(),
        String::new(),
    ];
    let each = invoice.lines.iter().map(|line| {
        let period = format!("{} - {}", page::date(line.period.start), page::date(line.period.end));
        format!("{}, {period}: {}", line.description, invoice.money(line.amount).exact())
    });
    lines.extend(each.take(MOST_LINES - 8));
    if invoice.discounted() != 0 {
        lines.push(format!("Discount: {}", invoice.money(-invoice.discounted()).exact()));
    }
    if invoice.added_tax() != 0 {
        lines.push(format!("Tax: {}", invoice.money(invoice.added_tax()).exact()));
    }
    lines.push(String::new());
    lines.push(format!("Due: {}", invoice.money(invoice.amount_due).exact()));
    lines
}

/// A PDF file (ISO 32000): objects, a table of their offsets, and a trailer.
fn pdf(lines: &[String]) -> String {
    let mut text = format!("BT /F1 12 Tf 60 {TOP} Td {LINE_HEIGHT} TL\n");
    for line in lines {
        // Writing to a `String` never fails.
        writeln!(text, "({}) Tj T*", escaped(line)).ok();
    }
    text.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", pdf.len()).ok();
        write!(pdf, "{} 0 obj\n{object}\nendobj\n", index + 1).ok();
    }
    let start = pdf.len();
    write!(pdf, "{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).ok();
    pdf
}

/// Escapes text for a string in the PDF. Characters outside ASCII become their ASCII equivalent or `?`.
fn escaped(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '(' | ')' | '\\' => escaped.extend(['\\', letter]),
            '\u{2212}' | '\u{2013}' => escaped.push('-'),
            '\u{a0}' => escaped.push(' '),
            letter if letter.is_ascii() && !letter.is_ascii_control() => escaped.push(letter),
            _ => escaped.push('?'),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_offsets_match_the_table() {
        let pdf = pdf(&["A (line) with a \\ and an é".to_owned()]);
        let start: usize = pdf.rsplit("startxref\n").next().and_then(|rest| rest.lines().next()?.parse().ok()).unwrap();
        let table = &pdf[start..];
        assert!(table.starts_with("xref\n0 6\n"));
        for (number, line) in table.lines().skip(3).take(5).enumerate() {
            let offset: usize = line[..10].parse().unwrap();
            assert!(pdf[offset..].starts_with(&format!("{} 0 obj", number + 1)), "{line}");
            assert_eq!(line.len(), 19, "with its end of line twenty bytes");
        }
        assert!(pdf.contains(r"(A \(line\) with a \\ and an ?) Tj"));
    }
}
