//! Texts of the pages about imports: states, outcomes, sources, and notices about the last action.

use std::borrow::Cow;

use domain::{
    error_code::ErrorCode,
    tenant::import::{
        CSV_MAX_BYTES, CSV_MAX_ROWS, ExternalIdSource, ImportOutcome, ImportState, ImportSummary, MAX_SELECTED_ROWS,
    },
};
use leptos::prelude::*;
use locales::{Locale, text};

use crate::{
    actions::operator::imports::{BY_COMMAND_LINE, BY_OPERATOR, CsvMistake, CsvMistakeKind},
    components::{
        icon::Tone,
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
};

/// The fields of the forms, in the order of the pages.
pub(super) const FIELDS: [&str; 6] = ["provider", "from", "key", "csvProvider", "csv", "rows"];

/// Returns the error message of a field. `csv` is what is wrong with the CSV, if known.
pub(super) fn mistake(field: &str, csv: Option<CsvMistake>) -> Option<Cow<'static, str>> {
    Some(match field {
        "provider" | "csvProvider" => text!(imports_wrong_provider),
        "from" => text!(imports_wrong_from),
        "key" => text!(imports_wrong_key),
        "csv" => csv.map_or_else(|| text!(imports_wrong_csv), csv_mistake),
        "rows" => text!(imports_wrong_rows, max = MAX_SELECTED_ROWS),
        _ => return None,
    })
}

fn csv_mistake(CsvMistake { kind, line }: CsvMistake) -> Cow<'static, str> {
    let line = line.unwrap_or_default();
    match kind {
        CsvMistakeKind::TooLarge => {
            text!(imports_csv_too_large, rows = CSV_MAX_ROWS, size = Locale::current().size(CSV_MAX_BYTES as u64))
        }
        CsvMistakeKind::Empty => text!(imports_csv_empty),
        CsvMistakeKind::Header => text!(imports_csv_header),
        CsvMistakeKind::Fields => text!(imports_csv_fields, line = line),
        CsvMistakeKind::NoCustomer => text!(imports_csv_no_customer, line = line),
        CsvMistakeKind::LongField => text!(imports_csv_long_field, line = line),
        CsvMistakeKind::Quote => text!(imports_csv_quote, line = line),
    }
}

/// Whether the import is a dry run of which no customer is adopted yet.
pub(super) const fn is_preview(import: &ImportSummary) -> bool {
    import.is_dry_run && import.written == 0
}

/// Returns the state, with a name of its own for a preview.
pub(super) fn state(import: &ImportSummary) -> (Tone, Cow<'static, str>) {
    match import.state {
        ImportState::Reading => (Tone::Near, text!(imports_state_reading)),
        ImportState::Planning => (Tone::Near, text!(imports_state_planning)),
        ImportState::Writing => (Tone::Near, text!(imports_state_writing)),
        ImportState::Done if is_preview(import) => (Tone::Ok, text!(imports_state_preview)),
        ImportState::Done => (Tone::Ok, text!(imports_state_done)),
        ImportState::Failed => (Tone::Stop, text!(imports_state_failed)),
        ImportState::Canceled => (Tone::Off, text!(imports_state_canceled)),
    }
}

pub(super) fn outcome(outcome: ImportOutcome) -> (Tone, Cow<'static, str>) {
    match outcome {
        ImportOutcome::Adopt => (Tone::Ok, text!(imports_outcome_adopt)),
        ImportOutcome::Already => (Tone::Ok, text!(imports_outcome_already)),
        ImportOutcome::NoSubscription => (Tone::Off, text!(imports_outcome_no_subscription)),
        ImportOutcome::UnmappedPrice => (Tone::Near, text!(imports_outcome_unmapped_price)),
        ImportOutcome::SeveralSubscriptions => (Tone::Near, text!(imports_outcome_several)),
        ImportOutcome::Conflict => (Tone::Stop, text!(imports_outcome_conflict)),
        ImportOutcome::NoExternalId => (Tone::Stop, text!(imports_outcome_no_external_id)),
    }
}

/// Says what comes of a row with this outcome, and what to do.
pub(super) fn what_to_do(outcome: ImportOutcome) -> Cow<'static, str> {
    match outcome {
        ImportOutcome::Adopt => text!(imports_do_adopt),
        ImportOutcome::Already => text!(imports_do_already),
        ImportOutcome::NoSubscription => text!(imports_do_no_subscription),
        ImportOutcome::UnmappedPrice => text!(imports_do_unmapped_price),
        ImportOutcome::SeveralSubscriptions => text!(imports_do_several),
        ImportOutcome::Conflict => text!(imports_do_conflict),
        ImportOutcome::NoExternalId => text!(imports_do_no_external_id),
    }
}

/// Says where the rows and their external ids come from.
pub(super) fn source(import: &ImportSummary) -> Cow<'static, str> {
    match import.source.parse() {
        Ok(ExternalIdSource::Metadata(key)) => text!(imports_source_metadata, key = key),
        Ok(ExternalIdSource::Email) => text!(imports_source_email),
        Ok(ExternalIdSource::Customer) => text!(imports_source_customer),
        Err(_) => text!(imports_source_csv),
    }
}

/// Says who started the import.
pub(super) fn started_by(import: &ImportSummary) -> Cow<'static, str> {
    match import.created_by.as_str() {
        BY_COMMAND_LINE => text!(imports_by_command_line),
        BY_OPERATOR => text!(imports_by_operator),
        person => text!(imports_by, person = person),
    }
}

/// Renders the notice about the last action.
pub(super) fn answered(req: &PageRequest) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, answer_of(&code)?))
}

fn answer_of(code: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("started") => (Tone::Ok, text!(imports_answer_started), text!(imports_answer_started_meaning)),
        Done("adopting") => (Tone::Ok, text!(imports_answer_adopting), text!(imports_answer_adopting_meaning)),
        Done("canceled") => (Tone::Off, text!(imports_answer_canceled), text!(imports_answer_canceled_meaning)),
        Refused(ErrorCode::NotFound) => {
            (Tone::Off, text!(imports_answer_not_found), text!(imports_answer_not_found_meaning))
        }
        Refused(ErrorCode::Conflict) => {
            (Tone::Near, text!(imports_answer_conflict), text!(imports_answer_conflict_meaning))
        }
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{form::mistakes::assert_messages, notice::answer::assert_answers};

    #[test]
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        let own = [ErrorCode::NotFound, ErrorCode::Conflict];
        assert_answers(&["started", "adopting", "canceled"], &own, answer_of);
    }

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&FIELDS, |field| mistake(field, None));
    }
}
