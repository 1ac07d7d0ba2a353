//! Reads the CSV of an import (RFC 4180): rows of customers under a header, in any order of columns.

use crate::{
    subscription::Provider,
    tenant::import::{CSV_MAX_BYTES, CSV_MAX_ROWS},
};

/// The maximum length of a field in bytes.
const FIELD_MAX_BYTES: usize = 1_000;
/// The maximum number of columns.
const MAX_COLUMNS: usize = 100;

/// A customer of a CSV.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvCustomer {
    pub external_id: Option<String>,
    pub name: String,
    pub email: String,
    pub customer: String,
}

/// Why a CSV can't be read. Each message names the line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    #[error("the file is longer than {} MiB: split it", CSV_MAX_BYTES / 1024 / 1024)]
    TooLong,
    #[error("the file has more than {CSV_MAX_ROWS} rows: split it")]
    TooManyRows,
    #[error("the file has no rows")]
    Empty,
    #[error("the header has no column {0}")]
    NoColumn(&'static str),
    #[error("the header has the column {0} twice")]
    ColumnTwice(String),
    #[error("line {line} has {found} fields, and the header has {expected}")]
    Fields { line: usize, found: usize, expected: usize },
    #[error("line {line} has no {column}")]
    NoCustomer { line: usize, column: &'static str },
    #[error("a field in line {line} is longer than {FIELD_MAX_BYTES} bytes")]
    LongField { line: usize },
    #[error("line {line} has a quotation mark where none may be: write it twice, in a field in quotation marks")]
    Quote { line: usize },
}

/// The column with the provider's id of the customer.
pub const fn customer_column(provider: Provider) -> &'static str {
    match provider {
        Provider::Stripe => "stripe_customer_id",
        Provider::Polar => "polar_customer_id",
    }
}

/// Reads the customers of a CSV. Requires a header with `external_id` and the provider's column; `name` and `email` may
/// be missing, other columns are ignored. Fields are separated by commas, or by semicolons if the header is.
pub fn parse(provider: Provider, text: &str) -> Result<Vec<CsvCustomer>, CsvError> {
    if text.len() > CSV_MAX_BYTES {
        return Err(CsvError::TooLong);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first_line = text.lines().next().unwrap_or_default();
    let separator = if first_line.contains(';') && !first_line.contains(',') { ';' } else { ',' };
    let mut records = Records { rest: text, separator, line: 1 };
    let Some((_, header)) = records.next_record()? else { return Err(CsvError::Empty) };
    let columns = Columns::of(&header, provider)?;
    let mut rows = Vec::new();
    while let Some((line, fields)) = records.next_record()? {
        // A blank line at the end, or between rows.
        if fields.iter().all(String::is_empty) {
            continue;
        }
        if fields.len() != header.len() {
            return Err(CsvError::Fields { line, found: fields.len(), expected: header.len() });
        }
        if rows.len() == CSV_MAX_ROWS {
            return Err(CsvError::TooManyRows);
        }
        rows.push(columns.read(&fields, line, provider)?);
    }
    if rows.is_empty() { Err(CsvError::Empty) } else { Ok(rows) }
}

/// The index of each column.
struct Columns {
    external_id: usize,
    name: Option<usize>,
    email: Option<usize>,
    customer: usize,
}

impl Columns {
    fn of(header: &[String], provider: Provider) -> Result<Self, CsvError> {
        let names: Vec<_> = header.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        let place = |column: &str| {
            let mut places = names.iter().enumerate().filter(|(_, name)| *name == column).map(|(at, _)| at);
            match (places.next(), places.next()) {
                (_, Some(_)) => Err(CsvError::ColumnTwice(column.to_owned())),
                (place, None) => Ok(place),
            }
        };
        let customer = customer_column(provider);
        Ok(Self {
            external_id: place("external_id")?.ok_or(CsvError::NoColumn("external_id"))?,
            name: place("name")?,
            email: place("email")?,
            customer: place(customer)?.ok_or(CsvError::NoColumn(customer))?,
        })
    }

    fn read(&self, fields: &[String], line: usize, provider: Provider) -> Result<CsvCustomer, CsvError> {
        let field = |at: usize| fields.get(at).map(|field| field.trim().to_owned()).unwrap_or_default();
        let customer = field(self.customer);
        if customer.is_empty() {
            return Err(CsvError::NoCustomer { line, column: customer_column(provider) });
        }
        Ok(CsvCustomer {
            external_id: Some(field(self.external_id)).filter(|id| !id.is_empty()),
            name: self.name.map(field).unwrap_or_default(),
            email: self.email.map(field).unwrap_or_default(),
            customer,
        })
    }
}

/// The records of a CSV that are left.
struct Records<'a> {
    rest: &'a str,
    separator: char,
    /// The line at which the next record begins, from 1.
    line: usize,
}

impl Records<'_> {
    /// Returns the next record with the line at which it begins; `None` at the end.
    fn next_record(&mut self) -> Result<Option<(usize, Vec<String>)>, CsvError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (line, text) = (self.line, self.rest);
        let (mut fields, mut field) = (Vec::new(), String::new());
        let mut letters = text.char_indices().peekable();
        // Whether the field is in quotation marks, and whether these are closed.
        let (mut is_quoted, mut is_closed) = (false, false);
        let mut end = text.len();
        while let Some((at, letter)) = letters.next() {
            let is_open = is_quoted && !is_closed;
            match letter {
                '"' if is_open && letters.peek().is_some_and(|(_, next)| *next == '"') => {
                    letters.next();
                    field.push('"');
                }
                '"' if is_open => is_closed = true,
                '"' if field.is_empty() && !is_quoted => is_quoted = true,
                '"' => return Err(CsvError::Quote { line: self.line }),
                '\r' if !is_open => {}
                '\n' if !is_open => {
                    self.line += 1;
                    end = at + 1;
                    break;
                }
                _ if letter == self.separator && !is_open => {
                    fields.push(std::mem::take(&mut field));
                    (is_quoted, is_closed) = (false, false);
                    if fields.len() >= MAX_COLUMNS {
                        return Err(CsvError::Fields { line, found: fields.len() + 1, expected: MAX_COLUMNS });
                    }
                }
                _ if is_closed => return Err(CsvError::Quote { line: self.line }),
                _ => {
                    if letter == '\n' {
                        self.line += 1;
                    }
                    field.push(letter);
                    if field.len() > FIELD_MAX_BYTES {
                        return Err(CsvError::LongField { line });
                    }
                }
            }
        }
        if is_quoted && !is_closed {
            return Err(CsvError::Quote { line });
        }
        fields.push(field);
        self.rest = text.get(end..).unwrap_or_default();
        Ok(Some((line, fields)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn row(external_id: Option<&str>, name: &str, email: &str, customer: &str) -> CsvCustomer {
        CsvCustomer {
            external_id: external_id.map(str::to_owned),
            name: name.to_owned(),
            email: email.to_owned(),
            customer: customer.to_owned(),
        }
    }

    #[rstest]
    #[case::plain("external_id,name,email,stripe_customer_id\norg-1,Acme,a@b.test,cus_1\n")]
    #[case::another_order("stripe_customer_id,email,external_id,name\r\ncus_1,a@b.test,org-1,Acme")]
    #[case::more_columns("External_ID,note,name,email,stripe_customer_id\norg-1,\"x, y\nz\",Acme,a@b.test,cus_1\n\n")]
    #[case::semicolons("\u{feff}external_id;name;email;stripe_customer_id\norg-1;Acme;a@b.test;cus_1\n")]
    #[case::quoted("external_id,name,email,stripe_customer_id\n\"org-1\",\"Acme\",\"a@b.test\", cus_1 \n")]
    fn a_row_is_read(#[case] text: &str) {
        assert_eq!(parse(Provider::Stripe, text), Ok(vec![row(Some("org-1"), "Acme", "a@b.test", "cus_1")]));
    }

    #[test]
    fn quotation_marks_are_read_and_missing_fields_are_empty() {
        let text = "external_id,name,polar_customer_id\n,\"Acme \"\"Robots\"\", Inc\",c1\n";
        assert_eq!(parse(Provider::Polar, text), Ok(vec![row(None, "Acme \"Robots\", Inc", "", "c1")]));
    }

    #[rstest]
    #[case("", "the file has no rows")]
    #[case("external_id,stripe_customer_id\n", "the file has no rows")]
    #[case("external_id,polar_customer_id\na,b\n", "the header has no column stripe_customer_id")]
    #[case("name,stripe_customer_id\na,b\n", "the header has no column external_id")]
    #[case("external_id,external_id,stripe_customer_id\na,b,c\n", "the header has the column external_id twice")]
    #[case("external_id,stripe_customer_id\na,b\nc\n", "line 3 has 1 fields, and the header has 2")]
    #[case("external_id,stripe_customer_id\na,\n", "line 2 has no stripe_customer_id")]
    #[case(
        "external_id,stripe_customer_id\n\"a,b\n",
        "line 2 has a quotation mark where none may be: write it twice, in a field in quotation marks"
    )]
    #[case(
        "external_id,stripe_customer_id\na\"b,c\n",
        "line 2 has a quotation mark where none may be: write it twice, in a field in quotation marks"
    )]
    fn a_mistake_names_its_line(#[case] text: &str, #[case] message: &str) {
        assert_eq!(parse(Provider::Stripe, text).unwrap_err().to_string(), message);
    }

    #[test]
    fn a_csv_is_bounded() {
        let header = "external_id,stripe_customer_id\n";
        let long = format!("{header}{},c\n", "x".repeat(FIELD_MAX_BYTES + 1));
        assert_eq!(parse(Provider::Stripe, &long), Err(CsvError::LongField { line: 2 }));
        let many = format!("{header}{}", "a,b\n".repeat(CSV_MAX_ROWS + 1));
        assert_eq!(parse(Provider::Stripe, &many), Err(CsvError::TooManyRows));
        assert_eq!(parse(Provider::Stripe, &"x".repeat(CSV_MAX_BYTES + 1)), Err(CsvError::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = parse(Provider::Stripe, &text);
        }

        #[test]
        fn what_was_quoted_is_read_as_it_was(name in "[ -~\n]{0,40}") {
            let quoted = name.replace('"', "\"\"");
            let text = format!("external_id,name,stripe_customer_id\na,\"{quoted}\",c\n");
            let read = parse(Provider::Stripe, &text).unwrap();
            prop_assert_eq!(&read[0].name, name.trim());
        }
    }
}
