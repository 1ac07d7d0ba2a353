//! Parser of `[plan.ID]` tables.

use std::collections::BTreeMap;

use super::{
    amount,
    feature::ParsedFeature,
    price,
    reader::{Entry, Reader, Section, describe},
    seats, sold_as,
};
use crate::{
    catalog::{Feature, Limit, Plan, Pricing, Seats, Unit, format},
    ids::{FeatureKey, PlanId},
    money::Currency,
    subscription::trial,
};

const SETTINGS: &[&str] =
    &["name", "description", "rank", "price", "listed", "trial_days", "sold_as", "seats", "limits"];
const NAME_MAX_CHARS: usize = 40;
const DESCRIPTION_MAX_CHARS: usize = 160;

/// Parses all plans; returns them sorted by rank, and the id of the free plan.
///
/// `None` if any plan has an error, which is reported.
pub(super) fn read_all(
    root: &Section<'_>,
    features: &[ParsedFeature],
    currency: Option<Currency>,
    reader: &mut Reader,
) -> Option<(Vec<Plan>, PlanId)> {
    let entries = match root.entry("plan") {
        Some(entry) => reader.section(&entry)?.entries(),
        None => Vec::new(),
    };
    if entries.is_empty() {
        reader.report(root.at, "plan", "there is no plan; write a table [plan.ID] for each");
        return None;
    }
    let mut drafts: Vec<Draft> = entries.iter().map(|entry| Draft::read(entry, features, currency, reader)).collect();
    let free = check_free(&drafts, root.at, reader);
    check_ranks(&mut drafts, reader);
    sold_as::check_repeated(drafts.iter().flat_map(|draft| &draft.sold_as), reader);
    let plans = drafts.into_iter().map(|draft| draft.plan).collect::<Option<Vec<_>>>()?;
    Some((plans, free?))
}

/// The parts of a plan that could be parsed, for the checks that compare plans.
struct Draft {
    at: usize,
    path: String,
    id: Option<PlanId>,
    rank: Option<u32>,
    pricing: Option<Pricing>,
    sold_as: Vec<sold_as::FurtherPrice>,
    plan: Option<Plan>,
}

impl Draft {
    fn read(entry: &Entry<'_>, features: &[ParsedFeature], currency: Option<Currency>, reader: &mut Reader) -> Self {
        let id: Option<PlanId> = reader.ok(entry, entry.key.parse());
        let mut draft = Self {
            at: entry.at,
            path: entry.path.clone(),
            id: id.clone(),
            rank: None,
            pricing: None,
            sold_as: Vec::new(),
            plan: None,
        };
        let Some(section) = reader.section(entry) else { return draft };
        reader.refuse_unknown(&section, SETTINGS);
        let name = reader.required(&section, "name").and_then(|entry| reader.display_text(&entry, NAME_MAX_CHARS));
        let description = reader
            .required(&section, "description")
            .and_then(|entry| reader.display_text(&entry, DESCRIPTION_MAX_CHARS));
        draft.rank = reader.required(&section, "rank").and_then(|entry| rank(&entry, reader));
        let sold_seats = section.entry("seats");
        let seats = sold_seats.as_ref().map(|entry| seats::read(entry, features, currency, reader));
        draft.pricing = match (section.entry("price"), &seats) {
            (Some(entry), _) => pricing(&entry, currency, reader),
            (None, Some(_)) => Some(Pricing::Paid(BTreeMap::new())),
            (None, None) => reader.required(&section, "price").and(None),
        };
        if let (Some(entry), Some(Some(seats)), Some(pricing)) = (&sold_seats, &seats, &draft.pricing) {
            seats::check_prices(entry, seats, pricing, reader);
        }
        let listed = reader.bool_or(&section, "listed", true);
        let trial_days = trial_days(&section, draft.pricing.as_ref(), reader);
        let further = sold_as::read(&section, draft.pricing.as_ref(), reader);
        let limited_by_seats = sold_seats.as_ref().and_then(seats::feature_name);
        let limits =
            reader.required(&section, "limits").and_then(|entry| limits(&entry, features, limited_by_seats, reader));
        let sold_as = further.as_deref().map(sold_as::by_cycle);
        draft.sold_as = further.unwrap_or_default();
        draft.plan = (|| {
            let seats = match seats {
                None => None,
                Some(seats) => Some(seats?),
            };
            let bought = seats.as_ref().map(|seats: &Seats| (seats.feature.clone(), Limit::AtMost(seats.min)));
            let limits = limits?.into_iter().chain(bought).collect();
            Some(Plan {
                id: id?,
                name: name?,
                description: description?,
                rank: draft.rank?,
                pricing: draft.pricing.clone()?,
                listed: listed?,
                trial_days: trial_days?,
                sold_as: sold_as?,
                seats,
                limits,
            })
        })();
        draft
    }
}

/// Checks that exactly one plan is free and that it has the lowest rank; returns its id.
fn check_free(drafts: &[Draft], root: usize, reader: &mut Reader) -> Option<PlanId> {
    let mut free = drafts.iter().filter(|draft| draft.pricing == Some(Pricing::Free));
    let Some(first) = free.next() else {
        // A plan whose price could not be parsed may be the free one.
        if drafts.iter().all(|draft| draft.pricing.is_some()) {
            reader.report(root, "plan", "no plan has price = \"free\"; everyone has that one who pays for no other");
        }
        return None;
    };
    for other in free {
        reader.report(other.at, &other.path, format!("only one plan can be free, and {} is", first.path));
    }
    for lower in drafts.iter().filter(|draft| draft.rank.zip(first.rank).is_some_and(|(rank, free)| rank < free)) {
        reader.report(lower.at, &lower.path, format!("no plan can rank below the free one, {}", first.path));
    }
    first.id.clone()
}

/// Sorts the plans by rank and reports equal ranks.
fn check_ranks(drafts: &mut [Draft], reader: &mut Reader) {
    drafts.sort_by_key(|draft| (draft.rank, draft.at));
    for pair in drafts.windows(2) {
        if let [first, second] = pair
            && first.rank.is_some()
            && first.rank == second.rank
        {
            reader.report(second.at, &second.path, format!("this has the same rank as {}", first.path));
        }
    }
}

fn rank(entry: &Entry<'_>, reader: &mut Reader) -> Option<u32> {
    let rank = reader.ok(entry, amount::amount(entry.value, Unit::Count))?;
    reader.ok(entry, u32::try_from(rank).map_err(|_| "this is too large"))
}

/// Parses the length of the trial; only a plan with prices can have one.
fn trial_days(section: &Section<'_>, pricing: Option<&Pricing>, reader: &mut Reader) -> Option<u16> {
    let Some(entry) = section.entry("trial_days") else { return Some(0) };
    let days = reader.ok(&entry, amount::amount(entry.value, Unit::Count))?;
    let days = u16::try_from(days).ok().filter(|days| *days <= trial::MAX_DAYS);
    let Some(days) = days else {
        reader.report(entry.at, &entry.path, format!("this is too long; {} days are the most", trial::MAX_DAYS));
        return None;
    };
    if days > 0 && matches!(pricing, Some(Pricing::Free | Pricing::Custom)) {
        reader.report(entry.at, &entry.path, "only a plan with prices can be tried before it is paid");
        return None;
    }
    Some(days)
}

fn pricing(entry: &Entry<'_>, display_currency: Option<Currency>, reader: &mut Reader) -> Option<Pricing> {
    const WANTED: &str = "write \"free\", \"custom\" or prices, as { USD = { monthly = 29, yearly = 290 } }";
    const ZERO: &str = "a price can't be 0; the plan that costs nothing has price = \"free\"";
    match entry.value.as_str() {
        Some("free") => return Some(Pricing::Free),
        Some("custom") => return Some(Pricing::Custom),
        _ => {}
    }
    if !entry.value.is_table() {
        reader.report(entry.at, &entry.path, format!("{WANTED}, not {}", describe(entry.value)));
        return None;
    }
    price::read(entry, display_currency, (WANTED, ZERO), reader).map(Pricing::Paid)
}

/// Parses a limit for every feature but `limited_by_seats`, whose limit is the number of bought seats.
fn limits(
    entry: &Entry<'_>,
    features: &[ParsedFeature],
    limited_by_seats: Option<&str>,
    reader: &mut Reader,
) -> Option<BTreeMap<FeatureKey, Limit>> {
    let section = reader.section(entry)?;
    let mut is_valid = true;
    for entry in section.entries() {
        if !features.iter().any(|feature| feature.key == entry.key) {
            reader.report(entry.at, &entry.path, "there is no such feature");
            is_valid = false;
        } else if limited_by_seats == Some(entry.key) {
            reader.report(entry.at, &entry.path, "the plan's seats are this limit; leave this out");
            is_valid = false;
        }
    }
    let mut limits = BTreeMap::new();
    for parsed in features.iter().filter(|feature| limited_by_seats != Some(feature.key.as_str())) {
        let Some(entry) = section.entry(&parsed.key) else {
            let path = section.path_to(&parsed.key);
            reader.report(section.at, &path, "this is missing; write 0 for not included or \"unlimited\" for no limit");
            is_valid = false;
            continue;
        };
        let Some(feature) = &parsed.feature else {
            is_valid = false;
            continue;
        };
        match limit(&entry, feature, reader) {
            Some(limit) => {
                limits.insert(feature.key.clone(), limit);
            }
            None => is_valid = false,
        }
    }
    is_valid.then_some(limits)
}

fn limit(entry: &Entry<'_>, feature: &Feature, reader: &mut Reader) -> Option<Limit> {
    let limit = reader.ok(entry, amount::limit(entry.value, feature.kind, feature.unit))?;
    if let (Limit::AtMost(most), Some(name)) = (limit, &feature.platform_limit)
        && !most.is_multiple_of(name.divisor)
    {
        let step = format::limit(feature, Limit::AtMost(name.divisor)).replace('\u{a0}', " ");
        let message = format!("{} must come out whole in the platform API: write a multiple of {step}", name.name);
        reader.report(entry.at, &entry.path, message);
        return None;
    }
    Some(limit)
}
