//! Settings of the worker: how long old rows are kept, when webhooks are sent again, and how much runs at once.

use billing::{
    service::{Lanes, Retention, RetrySchedule, WorkerSettings},
    store::{job::jobs::Lane, webhook::webhook_endpoints::Pace},
};

use super::{SettingError, Settings};

const SECS_PER_DAY: i64 = 86_400;
const USAGE_EVENTS: &str = "USAGE_EVENTS_DAYS";
const USAGE_HOURS: &str = "USAGE_HOURS_DAYS";
const ENDED_LINKS: &str = "ENDED_LINKS_DAYS";
const FAILED_JOBS: &str = "FAILED_JOBS_DAYS";
const WEBHOOK_LOG: &str = "WEBHOOK_LOG_DAYS";
const PROVIDER_EVENTS: &str = "PROVIDER_EVENTS_DAYS";
const IDEMPOTENCY_KEYS: &str = "IDEMPOTENCY_KEYS_HOURS";
const RETRIES: &str = "WEBHOOK_RETRY_SECS";
const DISABLED_AFTER: &str = "WEBHOOK_DISABLE_DAYS";
const JOB_LANES: &str = "JOB_LANES";
const WEBHOOK_LANES: &str = "WEBHOOK_LANES";

const MOST_RETRIES: usize = 20;
const LONGEST_DELAY_SECS: i64 = 7 * SECS_PER_DAY;
/// The most job workers of one lane. Each of them polls the database.
const MOST_WORKERS: usize = 64;
const MOST_CALLS: usize = 1024;

/// Reads how many days usage events are kept. At least 30: the API promises that a repeated event
/// is not counted again within 30 days.
pub(super) fn usage_events_kept_days(settings: &Settings) -> Result<i64, SettingError> {
    number(settings, (USAGE_EVENTS, "days"), 400, 30)
}

pub(super) fn read(settings: &Settings) -> Result<WorkerSettings, SettingError> {
    let retention = retention(settings)?;
    Ok(WorkerSettings { retention, webhook_retries: retries(settings, &retention)?, lanes: lanes(settings)? })
}

fn retention(settings: &Settings) -> Result<Retention, SettingError> {
    let defaults = Retention::default();
    let days = |name, default, least| number(settings, (name, "days"), default, least);
    Ok(Retention {
        // A history by the hour has up to 800 points, which is less than 35 days.
        usage_hours_days: days(USAGE_HOURS, defaults.usage_hours_days, 35)?,
        ended_links_days: days(ENDED_LINKS, defaults.ended_links_days, 1)?,
        given_up_jobs_days: days(FAILED_JOBS, defaults.given_up_jobs_days, 1)?,
        webhook_messages_days: days(WEBHOOK_LOG, defaults.webhook_messages_days, 1)?,
        // Stripe lists its events for 30 days. Dues must remember each of them for as long.
        inbox_events_days: days(PROVIDER_EVENTS, defaults.inbox_events_days, 31)?,
        // The API promises to recognize a repeated key for 24 hours.
        idempotency_keys_hours: number(settings, (IDEMPOTENCY_KEYS, "hours"), defaults.idempotency_keys_hours, 24)?,
    })
}

fn number(settings: &Settings, (name, unit): (&str, &str), default: i64, least: u16) -> Result<i64, SettingError> {
    let expects = format!("a number of {unit}, {least} to {}", u16::MAX);
    let number = settings.parsed::<u16>(name, &default.to_string(), &expects)?;
    if number < least { Err(settings.wrong(name, &expects)) } else { Ok(number.into()) }
}

fn retries(settings: &Settings, retention: &Retention) -> Result<RetrySchedule, SettingError> {
    const EXPECTS: &str =
        "1 to 20 numbers of seconds, separated by commas, each 1 to 604800, together less than WEBHOOK_LOG_DAYS";
    let defaults = RetrySchedule::default();
    let mut delays_secs: Vec<i64> = settings.list(RETRIES, EXPECTS)?;
    if delays_secs.is_empty() {
        delays_secs = defaults.delays_secs;
    }
    let is_valid = delays_secs.len() <= MOST_RETRIES
        && delays_secs.iter().all(|secs| (1..=LONGEST_DELAY_SECS).contains(secs))
        // The log of a message must outlast its retries. Delays are lengthened by up to a tenth.
        && delays_secs.iter().sum::<i64>() / 10 * 11 < retention.webhook_messages_days * SECS_PER_DAY;
    if !is_valid {
        // Without `WEBHOOK_RETRY_SECS` the default delays apply. They are valid, so `WEBHOOK_LOG_DAYS` is wrong.
        let name = if settings.get(RETRIES).is_some() { RETRIES } else { WEBHOOK_LOG };
        let expects = if name == RETRIES { EXPECTS } else { "more days than the delays of WEBHOOK_RETRY_SECS take" };
        return Err(settings.wrong(name, expects));
    }
    let days = number(settings, (DISABLED_AFTER, "days"), defaults.disabled_after_secs / SECS_PER_DAY, 1)?;
    Ok(RetrySchedule { delays_secs, disabled_after_secs: days * SECS_PER_DAY })
}

fn lanes(settings: &Settings) -> Result<Lanes, SettingError> {
    let mut lanes = Lanes::default();
    let names = Lane::ALL.map(Lane::as_str);
    for (name, count) in counts(settings, JOB_LANES, &names, MOST_WORKERS)? {
        if let Some(lane) = Lane::ALL.into_iter().find(|lane| lane.as_str() == name) {
            lanes.set_workers(lane, count);
        }
    }
    let names = Pace::ALL.map(Pace::as_str);
    for (name, count) in counts(settings, WEBHOOK_LANES, &names, MOST_CALLS)? {
        if let Some(pace) = Pace::ALL.into_iter().find(|pace| pace.as_str() == name) {
            lanes.set_calls(pace, count);
        }
    }
    Ok(lanes)
}

/// Parses `name=count` pairs, separated by commas. Names that are left out keep their defaults.
fn counts<'a>(
    settings: &Settings,
    setting: &str,
    names: &[&'a str],
    most: usize,
) -> Result<Vec<(&'a str, usize)>, SettingError> {
    let example = names.iter().map(|name| format!("{name}=2")).collect::<Vec<_>>().join(",");
    let expects = format!("numbers from 1 to {most} for some of its lanes, as {example}");
    let parse = |pair: &str| {
        let (name, count) = pair.split_once('=')?;
        let known = names.iter().find(|known| **known == name.trim())?;
        let count = count.trim().parse::<usize>().ok().filter(|count| (1..=most).contains(count))?;
        Some((*known, count))
    };
    let pairs: Vec<String> = settings.list(setting, &expects)?;
    pairs.iter().map(|pair| parse(pair).ok_or_else(|| settings.wrong(setting, &expects))).collect()
}

/// The settings as `server config` prints them, without [`USAGE_EVENTS`].
pub(super) fn lines(worker: &WorkerSettings) -> Vec<(&'static str, String)> {
    let WorkerSettings { retention, webhook_retries: RetrySchedule { delays_secs, disabled_after_secs }, lanes } =
        worker;
    let Retention {
        usage_hours_days,
        ended_links_days,
        given_up_jobs_days,
        webhook_messages_days,
        inbox_events_days,
        idempotency_keys_hours,
    } = retention;
    let joined = |parts: Vec<String>| parts.join(",");
    let jobs = Lane::ALL.map(|lane| format!("{}={}", lane.as_str(), lanes.workers(lane)));
    let calls = Pace::ALL.map(|pace| format!("{}={}", pace.as_str(), lanes.calls(pace)));
    vec![
        (USAGE_HOURS, usage_hours_days.to_string()),
        (ENDED_LINKS, ended_links_days.to_string()),
        (FAILED_JOBS, given_up_jobs_days.to_string()),
        (PROVIDER_EVENTS, inbox_events_days.to_string()),
        (IDEMPOTENCY_KEYS, idempotency_keys_hours.to_string()),
        (WEBHOOK_LOG, webhook_messages_days.to_string()),
        (RETRIES, joined(delays_secs.iter().map(ToString::to_string).collect())),
        (DISABLED_AFTER, (disabled_after_secs / SECS_PER_DAY).to_string()),
        (JOB_LANES, joined(jobs.into())),
        (WEBHOOK_LANES, joined(calls.into())),
    ]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn without_settings_the_defaults_apply() {
        assert_eq!(read(&Settings::of(&[])).unwrap(), WorkerSettings::default());
    }

    #[test]
    fn printed_values_are_read_as_they_were() {
        let set = [
            (RETRIES, "1, 60,3600"),
            (DISABLED_AFTER, "2"),
            (WEBHOOK_LOG, "3"),
            (IDEMPOTENCY_KEYS, "48"),
            (JOB_LANES, "stripe=8, mail=1"),
            (WEBHOOK_LANES, "slow=7"),
        ];
        let worker = read(&Settings::of(&set)).unwrap();
        assert_eq!(worker.webhook_retries.delays_secs, [1, 60, 3600]);
        assert_eq!((worker.lanes.workers(Lane::Stripe), worker.lanes.workers(Lane::Mail)), (8, 1));
        assert_eq!(worker.lanes.workers(Lane::Polar), Lanes::default().workers(Lane::Polar));
        assert_eq!((worker.lanes.calls(Pace::Slow), worker.lanes.calls(Pace::New)), (7, 64));
        let printed = lines(&worker);
        let printed: Vec<_> = printed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(read(&Settings::of(&printed)).unwrap(), worker);
    }

    #[rstest]
    #[case(&[(USAGE_HOURS, "34")], "USAGE_HOURS_DAYS is wrong: it expects a number of days, 35 to 65535")]
    #[case(&[(ENDED_LINKS, "0")], "ENDED_LINKS_DAYS is wrong: it expects a number of days, 1 to 65535")]
    #[case(&[(FAILED_JOBS, "soon")], "FAILED_JOBS_DAYS is wrong: it expects a number of days, 1 to 65535")]
    #[case(&[(PROVIDER_EVENTS, "30")], "PROVIDER_EVENTS_DAYS is wrong: it expects a number of days, 31 to 65535")]
    #[case(&[(IDEMPOTENCY_KEYS, "23")], "IDEMPOTENCY_KEYS_HOURS is wrong: it expects a number of hours, 24 to 65535")]
    #[case(&[(DISABLED_AFTER, "0")], "WEBHOOK_DISABLE_DAYS is wrong: it expects a number of days, 1 to 65535")]
    #[case(&[(RETRIES, "5,0")], "WEBHOOK_RETRY_SECS is wrong: it expects 1 to 20 numbers of seconds, separated by \
        commas, each 1 to 604800, together less than WEBHOOK_LOG_DAYS")]
    #[case(&[(RETRIES, "86400"), (WEBHOOK_LOG, "1")], "WEBHOOK_RETRY_SECS is wrong: it expects 1 to 20 numbers of \
        seconds, separated by commas, each 1 to 604800, together less than WEBHOOK_LOG_DAYS")]
    #[case(&[(WEBHOOK_LOG, "1")], "WEBHOOK_LOG_DAYS is wrong: it expects more days than the delays of \
        WEBHOOK_RETRY_SECS take")]
    #[case(&[(JOB_LANES, "stripe")], "JOB_LANES is wrong: it expects numbers from 1 to 64 for some of its lanes, as \
        stripe=2,polar=2,provider=2,mail=2,slow_mail=2,housekeeping=2")]
    #[case(&[(WEBHOOK_LANES, "new=0")], "WEBHOOK_LANES is wrong: it expects numbers from 1 to 1024 for some of its \
        lanes, as new=2,prompt=2,slow=2")]
    #[case(&[(WEBHOOK_LANES, "fast=2")], "WEBHOOK_LANES is wrong: it expects numbers from 1 to 1024 for some of its \
        lanes, as new=2,prompt=2,slow=2")]
    fn an_error_names_the_setting_and_what_it_expects(#[case] pairs: &[(&str, &str)], #[case] line: &str) {
        assert_eq!(read(&Settings::of(pairs)).unwrap_err().to_string(), line);
    }
}
