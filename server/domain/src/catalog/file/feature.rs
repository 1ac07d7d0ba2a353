//! Parser of `[feature.KEY]` tables.

use std::collections::{BTreeMap, btree_map::Entry as Slot};

use toml::de::DeValue;

use super::{
    amount::{amount, number},
    reader::{Entry, Reader, Section},
};
use crate::{
    catalog::{ApiName, Enforcement, Feature, FeatureKind, Period, Unit, WarnAt},
    ids::FeatureKey,
};

const SETTINGS: &[&str] = &[
    "label",
    "title",
    "short_title",
    "section",
    "kind",
    "period",
    "unit",
    "enforcement",
    "warn_at",
    "warn_amount",
    "on_card",
    "platform_limit",
    "platform_usage",
    "workspace_limit",
    "in_workspace_features",
];
const LABEL_MAX_CHARS: usize = 60;
const DEFAULT_WARN_PERCENT: u8 = 80;

/// A `[feature.KEY]` table. Its errors have been reported.
pub(super) struct ParsedFeature {
    pub(super) key: String,
    /// `None` if the table has an error.
    pub(super) feature: Option<Feature>,
}

/// Parses all features, in the order of the file.
pub(super) fn read_all(root: &Section<'_>, reader: &mut Reader) -> Vec<ParsedFeature> {
    let entries = match root.entry("feature") {
        Some(entry) => reader.section(&entry).map(|features| features.entries()),
        None => Some(Vec::new()),
    };
    if entries.as_ref().is_some_and(Vec::is_empty) {
        reader.report(root.at, "feature", "there is no feature; write a table [feature.KEY] for each");
    }
    let mut names = ApiNames::default();
    let read =
        |entry: &Entry<'_>| ParsedFeature { key: entry.key.to_owned(), feature: read(entry, &mut names, reader) };
    entries.unwrap_or_default().iter().map(read).collect()
}

fn read(entry: &Entry<'_>, names: &mut ApiNames, reader: &mut Reader) -> Option<Feature> {
    let key: Option<FeatureKey> = reader.ok(entry, entry.key.parse());
    let section = reader.section(entry)?;
    reader.refuse_unknown(&section, SETTINGS);
    let label = required_text(&section, "label", reader);
    let title = required_text(&section, "title", reader);
    let short_title = match section.entry("short_title") {
        Some(entry) => reader.display_text(&entry, LABEL_MAX_CHARS),
        None => title.clone(),
    };
    let page_section = required_text(&section, "section", reader);
    let kind = kind(&section, reader);
    let unit = unit(&section, kind, reader);
    let enforcement = match section.entry("enforcement") {
        Some(entry) => reader.choice(&entry, &[("hard", Enforcement::Hard), ("soft", Enforcement::Soft)]),
        None => Some(Enforcement::Hard),
    };
    let warn_at = match (section.entry("warn_at"), section.entry("warn_amount")) {
        (None, None) => Some(WarnAt::Percent(DEFAULT_WARN_PERCENT)),
        (Some(entry), None) => warn_percent(&entry, reader).map(WarnAt::Percent),
        (None, Some(entry)) => warn_amount(&entry, unit, reader).map(WarnAt::Amount),
        (Some(_), Some(entry)) => {
            reader.report(entry.at, &entry.path, "leave this out, or warn_at");
            None
        }
    };
    let on_card = reader.bool_or(&section, "on_card", false);
    let platform_limit = names.read(&section, Family::PlatformLimit, unit, reader);
    let platform_usage = names.read(&section, Family::PlatformUsage, unit, reader);
    let workspace_limit = names.read(&section, Family::WorkspaceLimit, unit, reader);
    if let (Some(entry), Some(false)) =
        (section.entry(Family::PlatformUsage.setting()), kind.map(FeatureKind::is_counted))
    {
        reader.report(entry.at, &entry.path, "only a gauge or a counter has usage");
    }
    let in_workspace_features = reader.bool_or(&section, "in_workspace_features", false);
    Some(Feature {
        key: key?,
        label: label?,
        title: title?,
        short_title: short_title?,
        section: page_section?,
        kind: kind?,
        unit: unit?,
        enforcement: enforcement?,
        warn_at: warn_at?,
        on_card: on_card?,
        platform_limit: platform_limit.ok()?,
        platform_usage: platform_usage.ok()?,
        workspace_limit: workspace_limit.ok()?,
        in_workspace_features: in_workspace_features?,
    })
}

fn required_text(section: &Section<'_>, key: &str, reader: &mut Reader) -> Option<String> {
    let entry = reader.required(section, key)?;
    reader.display_text(&entry, LABEL_MAX_CHARS)
}

fn kind(section: &Section<'_>, reader: &mut Reader) -> Option<FeatureKind> {
    #[derive(Clone, Copy, PartialEq)]
    enum Word {
        Flag,
        Gauge,
        Counter,
        Max,
    }
    let entry = reader.required(section, "kind")?;
    let word = reader.choice(
        &entry,
        &[("flag", Word::Flag), ("gauge", Word::Gauge), ("counter", Word::Counter), ("max", Word::Max)],
    )?;
    if let (Some(period), true) = (section.entry("period"), word != Word::Counter) {
        reader.report(period.at, &period.path, "only a counter has a period");
        return None;
    }
    Some(match word {
        Word::Flag => FeatureKind::Flag,
        Word::Gauge => FeatureKind::Gauge,
        Word::Max => FeatureKind::Max,
        Word::Counter => {
            let entry = reader.required(section, "period")?;
            FeatureKind::Counter(reader.choice(
                &entry,
                &[
                    ("minute", Period::Minute),
                    ("day", Period::Day),
                    ("month", Period::Month),
                    ("billing", Period::Billing),
                ],
            )?)
        }
    })
}

fn unit(section: &Section<'_>, kind: Option<FeatureKind>, reader: &mut Reader) -> Option<Unit> {
    let Some(entry) = section.entry("unit") else { return Some(Unit::Count) };
    let unit =
        reader.choice(&entry, &[("count", Unit::Count), ("bytes", Unit::Bytes), ("usd_micros", Unit::UsdMicros)])?;
    if kind == Some(FeatureKind::Flag) && unit != Unit::Count {
        reader.report(entry.at, &entry.path, "a flag has no unit; leave this out");
        return None;
    }
    Some(unit)
}

fn warn_percent(entry: &Entry<'_>, reader: &mut Reader) -> Option<u8> {
    let percent = reader.ok(entry, number(entry.value, 100, "a share of the limit, as 0.8"))?;
    let share = u8::try_from(percent).ok().filter(|percent| (1..=100).contains(percent));
    reader.ok(entry, share.ok_or("write a share of the limit from 0.01 to 1, as 0.8"))
}

fn warn_amount(entry: &Entry<'_>, unit: Option<Unit>, reader: &mut Reader) -> Option<u64> {
    let amount = reader.ok(entry, amount(entry.value, unit?))?;
    reader.ok(entry, Some(amount).filter(|amount| *amount > 0).ok_or("write an amount above 0"))
}

/// The places in the APIs where a feature can have a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    PlatformLimit,
    PlatformUsage,
    WorkspaceLimit,
}

impl Family {
    const fn setting(self) -> &'static str {
        match self {
            Self::PlatformLimit => "platform_limit",
            Self::PlatformUsage => "platform_usage",
            Self::WorkspaceLimit => "workspace_limit",
        }
    }

    const fn shape(self) -> &'static str {
        if self.has_groups() { "a group and a name, as \"websocket.connections\"" } else { "a name, as \"storage_gb\"" }
    }

    const fn has_groups(self) -> bool {
        !matches!(self, Self::WorkspaceLimit)
    }
}

/// Marker of an error that has been reported to the [`Reader`].
struct Reported;

/// The API names used so far, each with the path of its feature.
#[derive(Default)]
struct ApiNames(BTreeMap<(Family, String), String>);

impl ApiNames {
    /// Parses the feature's name in a family; `None` if the feature has none. Names are unique in a family.
    fn read(
        &mut self,
        feature: &Section<'_>,
        family: Family,
        unit: Option<Unit>,
        reader: &mut Reader,
    ) -> Result<Option<ApiName>, Reported> {
        let Some(entry) = feature.entry(family.setting()) else { return Ok(None) };
        let given = match entry.value {
            DeValue::Table(_) => reader.section(&entry).and_then(|section| name_and_divisor(&section, unit, reader)),
            _ => Some((entry, 1)),
        };
        let (name, divisor) = given.ok_or(Reported)?;
        let text = reader.string(&name).ok_or(Reported)?;
        let mistake = match (split_name(text, family), self.0.entry((family, text.to_owned()))) {
            (Some((group, short)), Slot::Vacant(slot)) => {
                slot.insert(feature.path.clone());
                return Ok(Some(ApiName { group: group.map(str::to_owned), name: short.to_owned(), divisor }));
            }
            (Some(_), Slot::Occupied(other)) => format!("this is the name of {} already", other.get()),
            (None, _) => format!("write {}: letters, digits and _, a letter first", family.shape()),
        };
        reader.report(name.at, &name.path, mistake);
        Err(Reported)
    }
}

/// Parses `{ name = "fileStorage.maxStorageMB", per = "1 MB" }`.
fn name_and_divisor<'a>(section: &Section<'a>, unit: Option<Unit>, reader: &mut Reader) -> Option<(Entry<'a>, u64)> {
    reader.refuse_unknown(section, &["name", "per"]);
    let name = reader.required(section, "name");
    let per = reader.required(section, "per");
    let divisor = per.and_then(|per| divisor(&per, unit?, reader));
    Some((name?, divisor?))
}

fn divisor(entry: &Entry<'_>, unit: Unit, reader: &mut Reader) -> Option<u64> {
    let divisor = reader.ok(entry, amount(entry.value, unit))?;
    if divisor == 0 {
        reader.report(entry.at, &entry.path, "this can't be 0: limits are divided by it");
    }
    (divisor > 0).then_some(divisor)
}

fn split_name(text: &str, family: Family) -> Option<(Option<&str>, &str)> {
    let (group, name) = match text.split_once('.') {
        Some((group, name)) if family.has_groups() => (Some(group), name),
        None if !family.has_groups() => (None, text),
        _ => return None,
    };
    let is_name = |part: &str| {
        part.len() <= 64
            && part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    (group.is_none_or(is_name) && is_name(name)).then_some((group, name))
}
