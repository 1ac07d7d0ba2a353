//! Settings of the installation's limits.

use std::{num::NonZeroU32, time::Duration};

use billing::{
    identity::{session::SessionLifetime, throttle::SignUpLimits},
    service::Limits,
};

use super::{SettingError, Settings};

const SIGN_UPS_PER_ADDRESS: &str = "SIGNUP_LIMIT_ADDRESS";
const SIGN_UPS: &str = "SIGNUP_LIMIT_ALL";
const SESSION_IDLE: &str = "SESSION_IDLE_DAYS";
const SESSIONS: &str = "SESSION_DAYS";
const PROVIDER_READS: &str = "PROVIDER_READ_LIMIT";
const PROVIDER_CALLS: &str = "PROVIDER_CALLS_PER_SEC";
const PROVIDER_ANSWERS_KEPT: &str = "PROVIDER_READ_SECS";
const IMPORTED: &str = "IMPORT_CUSTOMERS_PER_SEC";

const SECS_PER_DAY: i64 = 86_400;
/// Limit of `SESSION_DAYS`: browsers keep a cookie for 400 days at most.
const MOST_SESSION_DAYS: u16 = 400;

pub(super) fn read(settings: &Settings) -> Result<Limits, SettingError> {
    let defaults = Limits::default();
    let limit = |name, default: Option<NonZeroU32>, each| {
        let default = default.map_or(0, NonZeroU32::get).to_string();
        settings.parsed(name, &default, &format!("a number {each}, 0 for no limit")).map(NonZeroU32::new)
    };
    Ok(Limits {
        sign_ups: SignUpLimits {
            per_address: limit(SIGN_UPS_PER_ADDRESS, defaults.sign_ups.per_address, "of sign-ups in 15 minutes")?,
            in_all: limit(SIGN_UPS, defaults.sign_ups.in_all, "of sign-ups in 15 minutes")?,
        },
        sessions: sessions(settings)?,
        provider_reads_per_minute: limit(
            PROVIDER_READS,
            defaults.provider_reads_per_minute,
            "of questions to the provider a minute",
        )?,
        provider_calls_per_sec: limit(
            PROVIDER_CALLS,
            defaults.provider_calls_per_sec,
            "of calls to the provider a second",
        )?,
        provider_answers_kept: settings
            .parsed::<u8>(
                PROVIDER_ANSWERS_KEPT,
                &defaults.provider_answers_kept.as_secs().to_string(),
                "a number of seconds, 0 to 255",
            )
            .map(|secs| Duration::from_secs(secs.into()))?,
        imported_per_sec: settings
            .parsed(IMPORTED, "0", "a number of customers a second, 0 for the provider's default")
            .map(NonZeroU32::new)?,
    })
}

fn sessions(settings: &Settings) -> Result<SessionLifetime, SettingError> {
    let defaults = SessionLifetime::default();
    let secs = |name, default_secs: i64| {
        let expects = format!("a number of days, 1 to {MOST_SESSION_DAYS}");
        let days = settings.parsed::<u16>(name, &(default_secs / SECS_PER_DAY).to_string(), &expects)?;
        let is_valid = (1..=MOST_SESSION_DAYS).contains(&days);
        if is_valid { Ok(i64::from(days) * SECS_PER_DAY) } else { Err(settings.wrong(name, &expects)) }
    };
    Ok(SessionLifetime {
        idle_secs: secs(SESSION_IDLE, defaults.idle_secs)?,
        absolute_secs: secs(SESSIONS, defaults.absolute_secs)?,
    })
}

pub(super) fn lines(limits: &Limits) -> Vec<(&'static str, String)> {
    let Limits {
        sign_ups: SignUpLimits { per_address, in_all },
        sessions: SessionLifetime { idle_secs, absolute_secs },
        provider_reads_per_minute,
        provider_calls_per_sec,
        provider_answers_kept,
        imported_per_sec,
    } = *limits;
    let most = |limit: Option<NonZeroU32>| limit.map_or(0, NonZeroU32::get).to_string();
    vec![
        (SIGN_UPS_PER_ADDRESS, most(per_address)),
        (SIGN_UPS, most(in_all)),
        (SESSION_IDLE, (idle_secs / SECS_PER_DAY).to_string()),
        (SESSIONS, (absolute_secs / SECS_PER_DAY).to_string()),
        (PROVIDER_READS, most(provider_reads_per_minute)),
        (PROVIDER_CALLS, most(provider_calls_per_sec)),
        (PROVIDER_ANSWERS_KEPT, provider_answers_kept.as_secs().to_string()),
        (IMPORTED, most(imported_per_sec)),
    ]
}
