use domain::catalog::file::default_catalog;
use rstest::rstest;

use super::*;

/// The default catalog, which sells Pro and Team with seats.
fn catalog() -> Catalog {
    default_catalog().with_seats("pro", (1, 1, None), 500).with_seats("team", (2, 3, None), 1200)
}

fn parse(text: &str) -> Result<PriceMap, String> {
    PriceMap::parse("STRIPE_PRICE_MAP", text, &catalog()).map_err(|error| error.to_string())
}

#[test]
fn a_plan_is_found_by_its_price_and_the_reverse() {
    let map = parse(r#"{"pro_monthly":"price_123","pro_yearly":"price_456","team_annual":"price_789"}"#).unwrap();
    let pro: PlanId = "pro".parse().unwrap();
    let team: PlanId = "team".parse().unwrap();
    assert_eq!(map.price(&pro, Cycle::Yearly), Some("price_456"));
    let sold = SoldPrice { plan: team.clone(), cycle: Cycle::Yearly, part: PricePart::Plan };
    assert_eq!(map.sold_by("price_789"), Some(&sold));
    assert_eq!(map.price(&team, Cycle::Monthly), None);
    assert_eq!(map.sold_by("price_unknown"), None);
    assert_eq!(parse(&map.to_json()), Ok(map));
}

#[test]
fn an_empty_setting_is_an_empty_map() {
    assert!(parse("").unwrap().is_empty());
    assert!(parse("{}").unwrap().is_empty());
}

#[test]
fn a_custom_plan_may_have_a_price() {
    assert!(parse(r#"{"enterprise_yearly":"price_1"}"#).is_ok());
}

#[test]
fn a_replaced_price_is_forgotten() {
    let mut map = parse(r#"{"pro_monthly":"price_1"}"#).unwrap();
    let pro: PlanId = "pro".parse().unwrap();
    map.insert(pro.clone(), Cycle::Monthly, "price_2".to_owned());
    assert_eq!(map.price(&pro, Cycle::Monthly), Some("price_2"));
    assert_eq!(map.sold_by("price_1"), None);
}

#[test]
fn the_first_price_of_a_list_is_sold_and_the_others_count() {
    let map = parse(r#"{"pro_monthly":["price_new","price_old","price_older"],"pro_yearly":["price_year"]}"#).unwrap();
    let pro: PlanId = "pro".parse().unwrap();
    assert_eq!(map.price(&pro, Cycle::Monthly), Some("price_new"));
    assert_eq!(map.price(&pro, Cycle::Yearly), Some("price_year"));
    for price in ["price_new", "price_old", "price_older"] {
        assert_eq!(map.sold_by(price).map(SoldPrice::plan_and_cycle), Some((pro.clone(), Cycle::Monthly)));
    }
    assert_eq!(map.to_json(), r#"{"pro_monthly":["price_new","price_old","price_older"],"pro_yearly":"price_year"}"#);
    assert_eq!(parse(&map.to_json()), Ok(map));
}

#[test]
fn a_seat_has_a_price_of_its_own() {
    let mut map = parse(r#"{"team_monthly":"price_1","team_monthly_seat":["price_2","price_3"]}"#).unwrap();
    let team: PlanId = "team".parse().unwrap();
    assert_eq!(map.price(&team, Cycle::Monthly), Some("price_1"));
    assert_eq!(map.seat_price(&team, Cycle::Monthly), Some("price_2"));
    assert_eq!(map.seat_price(&team, Cycle::Yearly), None);
    assert_eq!(map.sold_by("price_1").unwrap().part, PricePart::Plan);
    assert_eq!(map.sold_by("price_3").unwrap().part, PricePart::Seat);
    assert_eq!(parse(&map.to_json()), Ok(map.clone()));
    map.insert_seat(team.clone(), Cycle::Monthly, "price_4".to_owned());
    assert_eq!((map.seat_price(&team, Cycle::Monthly), map.sold_by("price_3")), (Some("price_4"), None));
}

fn catalog_with(plan: &str, cycle: Cycle, prices: &[&str]) -> Catalog {
    let mut catalog = catalog();
    let plan = catalog.plans.iter_mut().find(|known| known.id.as_str() == plan).unwrap();
    plan.sold_as.insert(cycle, prices.iter().map(|price| (*price).to_owned()).collect());
    catalog
}

#[test]
fn a_price_of_the_catalog_counts_and_is_not_sold() {
    let catalog = catalog_with("pro", Cycle::Monthly, &["price_old", "price_1"]);
    let pro: PlanId = "pro".parse().unwrap();
    for setting in ["", r#"{"pro_monthly":"price_1"}"#] {
        let map = PriceMap::parse("STRIPE_PRICE_MAP", setting, &catalog).unwrap();
        for price in ["price_old", "price_1"] {
            assert_eq!(map.sold_by(price).map(SoldPrice::plan_and_cycle), Some((pro.clone(), Cycle::Monthly)));
        }
        assert_eq!(map.is_empty(), setting.is_empty());
        assert_ne!(map.price(&pro, Cycle::Monthly), Some("price_old"));
        assert_eq!(PriceMap::parse("STRIPE_PRICE_MAP", &map.to_json(), &catalog).unwrap(), map);
    }
}

#[rstest]
#[case(r#"{"team_monthly":"price_1"}"#)]
#[case(r#"{"pro_yearly":["price_2","price_1"]}"#)]
#[case(r#"{"pro_monthly_seat":"price_1"}"#)]
fn a_price_counts_as_one_plan_in_the_catalog_and_the_map(#[case] text: &str) {
    let catalog = catalog_with("pro", Cycle::Monthly, &["price_1"]);
    let error = PriceMap::parse("STRIPE_PRICE_MAP", text, &catalog).unwrap_err().to_string();
    let expected = "STRIPE_PRICE_MAP: the price \"price_1\" is in the catalog as plan.pro.sold_as.monthly; \
                    it can count as one plan only";
    assert_eq!(error, expected);
}

#[test]
fn a_line_of_the_catalog_maps_a_price() {
    let pro: PlanId = "pro".parse().unwrap();
    assert_eq!(mapping_line(None, Cycle::Monthly, "price_1"), r#"sold_as = { monthly = ["price_1"] }"#);
    let line = mapping_line(Some(&pro), Cycle::Yearly, "price_1");
    assert_eq!(line, r#"sold_as = { yearly = ["price_1"] }  # in [plan.pro]"#);
    let default = include_str!("../../../../domain/src/catalog/default.toml");
    let mapped = default.replace("[plan.pro]\n", &format!("[plan.pro]\n{line}\n"));
    let catalog = domain::catalog::file::parse(&mapped).unwrap();
    let found: Vec<_> = catalog.further_prices().map(|(plan, cycle, price)| (&plan.id, cycle, price)).collect();
    assert_eq!(found, [(&pro, Cycle::Yearly, "price_1")]);
}

#[test]
fn an_entry_has_at_most_a_hundred_prices() {
    let prices: Vec<_> = (0..101).map(|number| format!("price_{number}")).collect();
    let error = parse(&serde_json::json!({ "pro_monthly": prices }).to_string()).unwrap_err();
    assert_eq!(error, "STRIPE_PRICE_MAP: \"pro_monthly\" has too many prices; 100 are the most");
}

#[rstest]
#[case("pro_monthly=price_1", "must be a JSON object")]
#[case("[]", "must be a JSON object")]
#[case(r#"{"pro_monthly":1}"#, "must be a JSON object")]
#[case(r#"{"pro_monthly":"price_1"} trailing"#, "must be a JSON object")]
#[case(r#"{"pro":"price_1"}"#, "\"pro\" names no plan and cycle")]
#[case(r#"{"pro_weekly":"price_1"}"#, "\"pro_weekly\" names no plan and cycle")]
#[case(r#"{"prp_monthly":"price_1"}"#, "\"prp_monthly\" names no plan of the catalog")]
#[case(r#"{"free_monthly":"price_1"}"#, "\"free_monthly\" names no plan of the catalog")]
#[case(r#"{"_monthly":"price_1"}"#, "\"_monthly\" names no plan of the catalog")]
#[case(r#"{"pro_monthly":""}"#, "\"pro_monthly\" has no price id")]
#[case(r#"{"pro_monthly":"price 1"}"#, "\"pro_monthly\" has no price id")]
#[case(r#"{"pro_monthly":[]}"#, "\"pro_monthly\" has no price id")]
#[case(r#"{"pro_monthly":["price_1",""]}"#, "\"pro_monthly\" has no price id")]
#[case(r#"{"pro_monthly":["price_1",2]}"#, "must be a JSON object")]
#[case(r#"{"pro_monthly":["price_1","price_1"]}"#, "the price \"price_1\" is there twice")]
#[case(r#"{"pro_monthly":"price_1","pro_monthly_seat":"price_1"}"#, "the price \"price_1\" is there twice")]
#[case(r#"{"pro_yearly_seat":"price_1","pro_annual_seat":"price_2"}"#, "pro by the year is there twice")]
#[case(r#"{"pro_seat":"price_1"}"#, "\"pro_seat\" names no plan and cycle")]
#[case(r#"{"_seat":"price_1"}"#, "\"_seat\" names no plan and cycle")]
#[case(
    r#"{"scale_monthly":"price_1","scale_monthly_seat":"price_2"}"#,
    "\"scale_monthly_seat\" is the price of a seat, and the catalog sells scale without seats; write [plan.scale.seats] there"
)]
#[case(r#"{"pro_monthly":"price_1","team_monthly":"price_1"}"#, "the price \"price_1\" is there twice")]
#[case(r#"{"pro_yearly":"price_1","pro_annual":"price_2"}"#, "pro by the year is there twice")]
#[case(r#"{"pro_yearly":"price_1","pro_yearly":"price_2"}"#, "pro by the year is there twice")]
fn an_invalid_entry_fails_with_one_line(#[case] text: &str, #[case] says: &str) {
    let error = parse(text).unwrap_err();
    assert!(error.starts_with("STRIPE_PRICE_MAP") && error.contains(says) && !error.contains('\n'), "{error}");
}
