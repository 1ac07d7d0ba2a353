mod contract;
mod documented;
mod garbage;
mod seats;
mod sold_as;

use rstest::rstest;

use super::*;
use crate::{
    catalog::{Cycle, Enforcement, FeatureKind, Limit, Period, Unit, WarnAt},
    money::Money,
};

/// A small valid catalog; each case of the table below breaks one line of it.
const SMALL: &str = r#"currency = "EUR"

[feature.rooms]
label = "Room"
title = "Rooms"
section = "Realtime"
kind = "gauge"
warn_at = 0.9
platform_limit = "websocket.maxRooms"
platform_usage = "websocket.rooms"

[feature.events]
label = "Event"
title = "Events a day"
section = "Data"
kind = "counter"
period = "day"
enforcement = "soft"

[feature.file]
label = "File"
title = "Largest file"
section = "Data"
kind = "max"
unit = "bytes"
platform_limit = { name = "files.maxMB", per = "1 MB" }
workspace_limit = "file_bytes"

[feature.export]
label = "Export"
title = "Export"
section = "Data"
kind = "flag"

[plan.none]
name = "Nothing"
description = "To look around"
rank = 1
price = "free"
limits = { rooms = 1, events = 10, file = 0, export = false }

[plan.some]
name = "Something"
description = "To get going"
rank = 2
price.EUR = { yearly = 290.50 }
price.USD = { yearly = 29 }
listed = false

[plan.some.limits]
rooms = 2
events = "unlimited"
file = "1.5 GB"
export = true
"#;

fn errors_of(text: &str) -> Vec<String> {
    parse(text).map_or_else(|errors| errors.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

#[test]
fn omitted_settings_have_defaults() {
    let catalog = parse(SMALL).unwrap();
    let euro: Currency = "EUR".parse().unwrap();
    assert_eq!((catalog.currency, catalog.free.as_str()), (euro, "none"));
    assert!(catalog.features.iter().map(|feature| feature.key.as_str()).eq(["rooms", "events", "file", "export"]));

    let rooms = catalog.feature("rooms").unwrap();
    assert_eq!((rooms.warn_at, rooms.enforcement, rooms.unit), (WarnAt::Percent(90), Enforcement::Hard, Unit::Count));
    assert_eq!((rooms.short_title.as_str(), rooms.on_card, rooms.in_workspace_features), ("Rooms", false, false));
    let events = catalog.feature("events").unwrap();
    assert_eq!((events.kind, events.enforcement), (FeatureKind::Counter(Period::Day), Enforcement::Soft));
    assert_eq!((events.warn_at, &events.platform_limit), (WarnAt::Percent(80), &None));
    let file = catalog.feature("file").unwrap();
    assert_eq!(file.platform_limit.as_ref().unwrap().divisor, 1 << 20);
    assert_eq!(file.workspace_limit.as_ref().unwrap().divisor, 1);

    let some = catalog.plan("some").unwrap();
    assert_eq!(some.price(Cycle::Yearly, euro), Some(Money::new(29_050, euro)));
    assert_eq!(some.price(Cycle::Monthly, euro), None);
    assert_eq!(some.price(Cycle::Yearly, Currency::USD), Some(Money::new(2900, Currency::USD)));
    assert!(catalog.listed_plans().all(|plan| plan.currencies().is_empty()), "the plan with prices is not listed");
    assert_eq!(some.currencies().into_iter().collect::<Vec<_>>(), [euro, Currency::USD]);
    assert!(catalog.sells_in(euro) && !catalog.sells_in(Currency::USD));
    assert!(!some.listed);
    assert_eq!(some.limit(&events.key), Limit::Unlimited);
    assert_eq!(some.limit(&file.key), Limit::AtMost(1_610_612_736));
    assert_eq!(catalog.plan("none").unwrap().limit(&"export".parse().unwrap()), Limit::AtMost(0));
}

#[test]
fn a_plan_has_a_trial_only_if_it_says_so() {
    let catalog = parse(&SMALL.replace("listed = false", "trial_days = 14")).unwrap();
    let days = |id: &str| catalog.plan(id).unwrap().trial_days;
    assert_eq!((days("some"), days("none")), (14, 0));
    assert!(default_catalog().plans.iter().all(|plan| plan.trial_days == 0), "no built-in plan has a trial");
    // Versions before trials existed stored plans without `trial_days`.
    let stored = serde_json::to_value(catalog.plan("none").unwrap()).unwrap();
    assert!(stored.get("trial_days").is_none());
    assert_eq!(serde_json::from_value::<crate::catalog::Plan>(stored).unwrap(), *catalog.plan("none").unwrap());
}

#[rstest]
#[case::currency("\"EUR\"", "\"ABC\"", "1: currency: a currency is a code of ISO 4217, as \"USD\"")]
#[case::currency_type("\"EUR\"", "3", "1: currency: write a text in quotes, not 3")]
#[case::price_elsewhere(
    "\"EUR\"",
    "\"CHF\"",
    "46: plan.some.price: there is no price in CHF, the currency that pages show; write \"free\", \"custom\" or prices, as { USD = { monthly = 29, yearly = 290 } }"
)]
#[case::unknown_setting(
    "kind = \"max\"",
    "kind = \"max\"\nlimit = 3",
    "25: feature.file.limit: there is no such setting; known are label, title, short_title, section, kind, period, unit, enforcement, warn_at, warn_amount, on_card, platform_limit, platform_usage, workspace_limit, in_workspace_features"
)]
#[case::unknown_plan_setting(
    "listed = false",
    "hidden = true",
    "48: plan.some.hidden: there is no such setting; known are name, description, rank, price, listed, trial_days, sold_as, seats, limits"
)]
#[case::unknown_table(
    "[feature.rooms]",
    "[features.rooms]",
    "3: features: there is no such setting; known are currency, feature, plan"
)]
#[case::bad_key(
    "[feature.export]",
    "[feature.\"ex port\"]",
    "29: feature.ex port: an identifier has 1 to 64 letters, digits, '-' or '_'"
)]
#[case::bad_plan_id("[plan.none]", "[plan.\"\"]", "35: plan.: an identifier has 1 to 64 letters, digits, '-' or '_'")]
#[case::missing("label = \"Room\"\n", "", "3: feature.rooms.label: this is missing")]
#[case::empty("\"Room\"", "\" \"", "4: feature.rooms.label: this is empty")]
#[case::long(
    "\"Rooms\"",
    "\"Rooms, rooms, rooms, rooms, rooms, rooms, rooms, rooms, rooms\"",
    "5: feature.rooms.title: this is too long; 60 characters are the most"
)]
#[case::control(
    "\"To get going\"",
    "\"To\\nget going\"",
    "44: plan.some.description: this has a line break or another control character in it"
)]
#[case::kind("\"gauge\"", "\"gage\"", "7: feature.rooms.kind: write one of \"flag\", \"gauge\", \"counter\", \"max\"")]
#[case::no_period("period = \"day\"\n", "", "12: feature.events.period: this is missing")]
#[case::period(
    "\"day\"",
    "\"week\"",
    "17: feature.events.period: write one of \"minute\", \"day\", \"month\", \"billing\""
)]
#[case::period_of_a_gauge(
    "kind = \"gauge\"",
    "kind = \"gauge\"\nperiod = \"day\"",
    "8: feature.rooms.period: only a counter has a period"
)]
#[case::unit("\"bytes\"", "\"kilos\"", "25: feature.file.unit: write one of \"count\", \"bytes\", \"usd_micros\"")]
#[case::unit_of_a_flag(
    "kind = \"flag\"",
    "kind = \"flag\"\nunit = \"bytes\"",
    "34: feature.export.unit: a flag has no unit; leave this out"
)]
#[case::enforcement("\"soft\"", "\"strict\"", "18: feature.events.enforcement: write one of \"hard\", \"soft\"")]
#[case::warn_at_nothing("0.9", "0", "8: feature.rooms.warn_at: write a share of the limit from 0.01 to 1, as 0.8")]
#[case::warn_above_the_limit(
    "0.9",
    "80",
    "8: feature.rooms.warn_at: write a share of the limit from 0.01 to 1, as 0.8"
)]
#[case::warn_too_fine("0.9", "0.905", "8: feature.rooms.warn_at: this has more decimal places than its unit")]
#[case::warn_twice(
    "warn_at = 0.9",
    "warn_at = 0.9\nwarn_amount = 5",
    "9: feature.rooms.warn_amount: leave this out, or warn_at"
)]
#[case::warn_amount_of_nothing(
    "warn_at = 0.9",
    "warn_amount = 0",
    "8: feature.rooms.warn_amount: write an amount above 0"
)]
#[case::trial_too_long(
    "listed = false",
    "trial_days = 731",
    "48: plan.some.trial_days: this is too long; 730 days are the most"
)]
#[case::trial_of_nothing(
    "price = \"free\"",
    "price = \"free\"\ntrial_days = 14",
    "40: plan.none.trial_days: only a plan with prices can be tried before it is paid"
)]
#[case::trial_negative("listed = false", "trial_days = -1", "48: plan.some.trial_days: a figure can't be negative")]
#[case::flag_type("listed = false", "listed = \"no\"", "48: plan.some.listed: write true or false, not \"no\"")]
#[case::name_without_group(
    "\"websocket.rooms\"",
    "\"rooms\"",
    "10: feature.rooms.platform_usage: write a group and a name, as \"websocket.connections\": letters, digits and _, a letter first"
)]
#[case::name_with_group(
    "\"file_bytes\"",
    "\"a.b\"",
    "27: feature.file.workspace_limit: write a name, as \"storage_gb\": letters, digits and _, a letter first"
)]
#[case::name_taken(
    "\"files.maxMB\"",
    "\"websocket.maxRooms\"",
    "26: feature.file.platform_limit.name: this is the name of feature.rooms already"
)]
#[case::divisor_zero(
    "per = \"1 MB\"",
    "per = \"0 MB\"",
    "26: feature.file.platform_limit.per: this can't be 0: limits are divided by it"
)]
#[case::divisor_missing(", per = \"1 MB\"", "", "26: feature.file.platform_limit.per: this is missing")]
#[case::usage_of_a_maximum(
    "workspace_limit",
    "platform_usage = \"files.size\"\nworkspace_limit",
    "27: feature.file.platform_usage: only a gauge or a counter has usage"
)]
#[case::rank_taken("rank = 2", "rank = 1", "42: plan.some: this has the same rank as plan.none")]
#[case::rank_negative("rank = 2", "rank = -2", "45: plan.some.rank: a figure can't be negative")]
#[case::rank_large("rank = 2", "rank = 4_294_967_296", "45: plan.some.rank: this is too large")]
#[case::rank_below_free("rank = 2", "rank = 0", "42: plan.some: no plan can rank below the free one, plan.none")]
#[case::no_free_plan(
    "\"free\"",
    "\"custom\"",
    "1: plan: no plan has price = \"free\"; everyone has that one who pays for no other"
)]
#[case::price_word(
    "\"free\"",
    "\"gratis\"",
    "39: plan.none.price: write \"free\", \"custom\" or prices, as { USD = { monthly = 29, yearly = 290 } }, not \"gratis\""
)]
#[case::price_zero(
    "290.50",
    "0",
    "46: plan.some.price.EUR.yearly: a price can't be 0; the plan that costs nothing has price = \"free\""
)]
#[case::price_negative("290.50", "-1", "46: plan.some.price.EUR.yearly: a figure can't be negative")]
#[case::price_too_fine(
    "290.50",
    "290.505",
    "46: plan.some.price.EUR.yearly: this has more decimal places than its unit"
)]
#[case::price_large(
    "290.50",
    "92233720368547758.08",
    "46: plan.some.price.EUR.yearly: this is too large; 9223372036854775807 is the most"
)]
#[case::price_text("290.50", "\"290\"", "46: plan.some.price.EUR.yearly: write a price, as 29 or 29.50, not \"290\"")]
#[case::price_cycle(
    "{ yearly = 29 }",
    "{ weekly = 29 }",
    "47: plan.some.price.USD.weekly: a billing cycle is monthly or yearly"
)]
#[case::price_twice(
    "yearly = 29 }",
    "yearly = 29, annual = 29 }",
    "47: plan.some.price.USD.annual: this cycle has a price in this currency already"
)]
#[case::price_empty("{ yearly = 29 }", "{}", "47: plan.some.price.USD: write a price: monthly, yearly or both")]
#[case::price_other_cycle(
    "{ yearly = 29 }",
    "{ monthly = 29, yearly = 29 }",
    "47: plan.some.price.USD: there is a monthly price in USD and none in EUR; write both or neither"
)]
#[case::price_missing_cycle(
    "{ yearly = 290.50 }",
    "{ monthly = 25, yearly = 290.50 }",
    "47: plan.some.price.USD: there is a monthly price in EUR and none in USD; write both or neither"
)]
#[case::price_flat("{ yearly = 29 }", "29", "47: plan.some.price.USD: write a table here, not 29")]
#[case::price_currency("USD", "Dollar", "47: plan.some.price.Dollar: a currency is a code of ISO 4217, as \"USD\"")]
#[case::limit_of_nothing("rooms = 2", "rooms = 2\nchairs = 4", "52: plan.some.limits.chairs: there is no such feature")]
#[case::limit_missing(
    "rooms = 2\n",
    "",
    "50: plan.some.limits.rooms: this is missing; write 0 for not included or \"unlimited\" for no limit"
)]
#[case::limit_negative(
    "rooms = 2",
    "rooms = -1",
    "51: plan.some.limits.rooms: a figure can't be negative; write \"unlimited\" for no limit"
)]
#[case::limit_large(
    "rooms = 2",
    "rooms = 9_223_372_036_854_775_808",
    "51: plan.some.limits.rooms: this is too large; 9223372036854775807 is the most"
)]
#[case::limit_larger(
    "rooms = 2",
    "rooms = 99_999_999_999_999_999_999_999_999_999_999_999_999_999",
    "51: plan.some.limits.rooms: this is too large; 9223372036854775807 is the most"
)]
#[case::limit_text(
    "rooms = 2",
    "rooms = \"2\"",
    "51: plan.some.limits.rooms: write a whole number, as 10_000, not \"2\""
)]
#[case::limit_decimal(
    "rooms = 2",
    "rooms = 2.0",
    "51: plan.some.limits.rooms: write a whole number, as 10_000, not 2.0"
)]
#[case::limit_size(
    "\"1.5 GB\"",
    "\"1.5GB\"",
    "53: plan.some.limits.file: write a size, as \"200 MB\" or \"1.5 GB\" (1 MB is 1,024 KB), not \"1.5GB\""
)]
#[case::limit_not_whole(
    "\"1.5 GB\"",
    "\"1.5 MB\"",
    "53: plan.some.limits.file: maxMB must come out whole in the platform API: write a multiple of 1 MB"
)]
#[case::limit_of_a_flag("export = true", "export = 2", "54: plan.some.limits.export: write true or false, not 2")]
fn an_error_is_reported_with_its_line_and_key(#[case] right: &str, #[case] wrong: &str, #[case] expected: &str) {
    assert!(SMALL.contains(right), "{right}");
    let found = errors_of(&SMALL.replacen(right, wrong, 1));
    assert!(found.iter().any(|error| error == expected), "{found:#?}");
}

#[rstest]
#[case("", &["1: feature: there is no feature; write a table [feature.KEY] for each", "1: plan: there is no plan; write a table [plan.ID] for each"])]
#[case("feature = 1\nplan = []", &["1: feature: write a table here, not 1", "2: plan: write a table here, not a list"])]
#[case("[plan.a]\n\n[plan.a]", &["3: this is no valid TOML: duplicate key at `a`"])]
#[case("\n[plan\n[feature]\na = \n", &["2: this is no valid TOML: unclosed table, expected `]`", "4: this is no valid TOML: string values must be quoted, expected literal string"])]
fn a_file_that_is_not_a_catalog_is_refused(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(errors_of(text), expected);
}

#[test]
fn only_one_plan_is_free() {
    let two = SMALL.replace("price.EUR = { yearly = 290.50 }\nprice.USD = { yearly = 29 }", "price = \"free\"");
    assert_eq!(errors_of(&two), ["42: plan.some: only one plan can be free, and plan.none is"]);
}

#[test]
fn all_errors_are_reported_at_once_in_the_order_of_the_file() {
    let broken =
        SMALL.replace("rank = 2", "rank = -2").replace("\"day\"", "\"week\"").replace("rooms = 2", "rooms = -1");
    let errors = parse(&broken).unwrap_err();
    assert_eq!(
        errors.in_file("my.toml"),
        "my.toml:17: feature.events.period: write one of \"minute\", \"day\", \"month\", \"billing\"\n\
         my.toml:45: plan.some.rank: a figure can't be negative\n\
         my.toml:51: plan.some.limits.rooms: a figure can't be negative; write \"unlimited\" for no limit"
    );
    assert!(errors.to_string().starts_with("line 17: feature.events.period: "));
}
