//! Property tests: any text parses to a valid catalog or to a list of errors, without a panic.

use proptest::prelude::*;

use crate::catalog::file::parse;

const DEFAULT: &str = include_str!("../../default.toml");

/// Fragments that mean something in TOML or in a catalog, as typing errors may leave them in a file.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "[",
            "]",
            "{",
            "}",
            "\"",
            "'",
            "\"\"\"",
            "'''",
            "=",
            ".",
            ",",
            "#",
            "\n",
            "\r",
            "\0",
            "\u{feff}",
            "-",
            "9",
            "e9",
            "1979-05-27",
            "inf",
            "nan",
            "true",
            "0x",
            "unlimited",
            "\\u00",
            "[[plan]]",
            "\n[plan.pro]\n",
            "\nrank = 0\n",
            "é",
            "∞",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        "[ -~]{0,8}",
    ]
}

/// The built-in file with some ranges replaced by fragments, at character boundaries.
fn mutated(cuts: &[(prop::sample::Index, usize, String)]) -> String {
    cuts.iter().fold(DEFAULT.to_owned(), |mut text, (at, length, piece)| {
        let start = text.floor_char_boundary(at.index(text.len() + 1));
        let end = text.ceil_char_boundary((start + length).min(text.len()));
        text.replace_range(start..end, piece);
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn mutated_files_parse_or_fail_with_valid_line_numbers(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..40_usize, fragment()), 1..6),
    ) {
        let text = mutated(&cuts);
        match parse(&text) {
            Ok(catalog) => {
                prop_assert!(catalog.plan(catalog.free.as_str()).is_some());
                prop_assert!(catalog.plans.iter().all(|plan| plan.limits.len() == catalog.features.len()));
                prop_assert!(catalog.plans.is_sorted_by(|lower, higher| lower.rank < higher.rank));
            }
            Err(errors) => {
                let lines = text.split('\n').count();
                prop_assert!(errors.iter().next().is_some());
                prop_assert!(errors.iter().all(|error| (1..=lines).contains(&error.line)));
                prop_assert!(errors.iter().all(|error| !error.message.contains('\n') && !error.key.contains('\n')));
            }
        }
    }

    #[test]
    fn random_text_is_refused_without_a_panic(text: String) {
        prop_assert!(parse(&text).is_err());
    }
}
