//! Limits on failed logins, by account and by address. Successful logins are not counted.
//!
//! A known device has a separate allowance, so that other clients can't lock the owner out by failing on purpose. After
//! too many failures from unknown devices, their attempts are slowed down rather than stopped: each attempt waits for a
//! slot in one of two sequences. The fast sequence is for networks without a failure, so that the right password from a
//! new device succeeds within seconds while a guesser waits. A network here is a /24 of IPv4 or a /48 of IPv6, and has
//! at most one slot of the fast sequence at a time. A network moves to the slow sequence once an attempt from it fails
//! or several of its attempts find no slot.

use std::net::IpAddr;

use domain::{account::Email, ids::UserId, time::Timestamp};

use super::{ClientAddress, device::DeviceId};
use crate::store::{Connection, Store, StoreResult, account::login_slots::LoginSlot};

const WINDOW_SECS: i64 = 15 * 60;
/// Failures from one client address, over all accounts together. A whole office may share the address.
const MOST_PER_ADDRESS: i64 = 100;
/// The longest wait for a slot. An attempt that would have to wait longer is refused.
const LONGEST_WAIT_SECS: i64 = 6;
/// How many attempts of a network may find no slot before the network moves to the slow sequence.
const MOST_REFUSALS: i64 = 5;

/// The limits for one kind of guessing: of passwords or of codes. Failures are counted in windows of [`WINDOW_SECS`].
#[derive(Clone, Copy, Debug)]
struct GuessLimits {
    /// Prefix of the counters' names.
    name: &'static str,
    /// Failures for one account from one client address.
    most_per_guesser: i64,
    /// Failures for one account from unknown devices. Once there are so many, attempts are slowed down.
    free_per_account: i64,
    /// Failures for one account on one known device.
    most_per_device: i64,
    /// Seconds between slots for networks without a failure for this account.
    fresh_every_secs: i64,
    /// Seconds between slots for the other networks.
    failed_every_secs: i64,
}

const PASSWORDS: GuessLimits = GuessLimits {
    name: "",
    most_per_guesser: 10,
    free_per_account: 50,
    most_per_device: 10,
    fresh_every_secs: 2,
    failed_every_secs: 20,
};

/// Slower than for passwords, since three of a million codes are valid at any moment, and the guesser has the password
/// already.
const CODES: GuessLimits = GuessLimits {
    name: "code-",
    most_per_guesser: 5,
    free_per_account: 10,
    most_per_device: 10,
    fresh_every_secs: 60,
    failed_every_secs: 300,
};

/// When an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// At once and without a slot: there are few failures.
    Free,
    /// At once, in a slot.
    Now,
    /// After a delay in milliseconds, in a slot.
    After {
        wait_millis: u64,
    },
    Refused {
        retry_after_secs: i64,
    },
}

/// The counters of a sign-in attempt.
#[derive(Clone, Debug)]
pub struct LoginThrottle {
    guess_limits: GuessLimits,
    account: Account,
    /// Counters that stop attempts, each with its maximum.
    limits: Vec<(String, i64)>,
}

#[derive(Clone, Debug)]
enum Account {
    /// An attempt on a known device.
    Known,
    Unknown {
        account: String,
        /// The client's network (/24 of IPv4, /48 of IPv6), used only for slots.
        network: IpAddr,
        /// The counter of the network's failures for this account.
        failed: String,
        /// The counter of the network's attempts for this account that found no slot.
        refused: String,
    },
}

impl LoginThrottle {
    /// Returns the throttle of password attempts. `device` is the known device of this account, if any.
    pub fn new(email: &Email, from: ClientAddress, device: Option<(&UserId, &DeviceId)>) -> Self {
        let mut throttle = Self::of(PASSWORDS, email.as_str(), from, device);
        if matches!(throttle.account, Account::Unknown { .. }) {
            throttle.limits.push((format!("address:{}", from.network()), MOST_PER_ADDRESS));
        }
        throttle
    }

    /// Returns the throttle of second-factor codes. `device` is a device on which the user has completed a sign-in, if
    /// any.
    pub fn of_codes(user: &UserId, from: ClientAddress, device: Option<&DeviceId>) -> Self {
        Self::of(CODES, user.as_str(), from, device.map(|device| (user, device)))
    }

    fn of(guess_limits: GuessLimits, account: &str, from: ClientAddress, device: Option<(&UserId, &DeviceId)>) -> Self {
        let name = guess_limits.name;
        if let Some((user, device)) = device {
            let limits = vec![(format!("{name}device:{user} {}", device.as_str()), guess_limits.most_per_device)];
            return Self { guess_limits, account: Account::Known, limits };
        }
        let guesser = format!("{name}guesser:{} {account}", from.network());
        let limits = vec![(guesser, guess_limits.most_per_guesser)];
        let network = from.wide_network();
        let failed = format!("{name}network-failed:{network} {account}");
        let refused = format!("{name}network-refused:{network} {account}");
        let account = Account::Unknown { account: format!("{name}account:{account}"), network, failed, refused };
        Self { guess_limits, account, limits }
    }

    /// Returns whether and when the attempt may be made. Takes a slot if one is required.
    pub async fn admit(&self, store: &Store, now: Timestamp) -> StoreResult<Admission> {
        let mut reader = store.read().await?;
        if let Some(retry_after_secs) = self.stopped_for_secs(&mut reader.connection(), now).await? {
            return Ok(Admission::Refused { retry_after_secs });
        }
        let Account::Unknown { account, network, failed, refused } = &self.account else { return Ok(Admission::Free) };
        if within_window(reader.connection().find_failures(account).await?, now) < self.guess_limits.free_per_account {
            return Ok(Admission::Free);
        }
        let is_behind = within_window(reader.connection().find_failures(failed).await?, now) > 0
            || within_window(reader.connection().find_failures(refused).await?, now) >= MOST_REFUSALS;
        drop(reader);
        let mut tx = store.begin().await?;
        let latest = now.plus_secs(LONGEST_WAIT_SECS);
        if is_behind {
            let lane = format!("failed {account}");
            let slot = tx.connection().take_login_slot(&lane, self.guess_limits.failed_every_secs, now, latest).await?;
            tx.commit().await?;
            return Ok(admission(slot, now, latest));
        }
        // A network gets one slot at a time, so that a pool of addresses in it leaves the other slots to other
        // networks.
        let network_every_secs = self.guess_limits.fresh_every_secs.max(LONGEST_WAIT_SECS);
        let slot_key = format!("network {network} {account}");
        let admission = match tx.connection().take_login_slot(&slot_key, network_every_secs, now, now).await? {
            LoginSlot::NoneBefore(at) => Admission::Refused { retry_after_secs: at.secs_since(now).max(1) },
            LoginSlot::At(_) => {
                let lane = format!("fresh {account}");
                let slot =
                    tx.connection().take_login_slot(&lane, self.guess_limits.fresh_every_secs, now, latest).await?;
                match admission(slot, now, latest) {
                    // The network has used its turn, and gets the next one only after `network_every_secs`.
                    Admission::Refused { retry_after_secs } => {
                        Admission::Refused { retry_after_secs: retry_after_secs.max(network_every_secs) }
                    }
                    admission => admission,
                }
            }
        };
        if matches!(admission, Admission::Refused { .. }) {
            tx.connection().count_failure(refused, now, WINDOW_SECS).await?;
        }
        tx.commit().await?;
        Ok(admission)
    }

    /// Checks an admitted attempt again after its wait. Returns for how many seconds it is refused after all, because
    /// other attempts failed in the meantime; `None` if it may be made.
    pub async fn wait_secs(&self, store: &Store, now: Timestamp, admitted: Admission) -> StoreResult<Option<i64>> {
        self.wait_secs_in(&mut store.read().await?.connection(), now, admitted).await
    }

    /// Like [`Self::wait_secs`], on a connection.
    pub async fn wait_secs_in(
        &self,
        link: &mut Connection<'_>,
        now: Timestamp,
        admitted: Admission,
    ) -> StoreResult<Option<i64>> {
        if let Some(wait) = self.stopped_for_secs(link, now).await? {
            return Ok(Some(wait));
        }
        let Account::Unknown { account, .. } = &self.account else { return Ok(None) };
        let failures = within_window(link.find_failures(account).await?, now);
        let has_slot = admitted != Admission::Free;
        Ok((!has_slot && failures >= self.guess_limits.free_per_account).then_some(self.guess_limits.fresh_every_secs))
    }

    async fn stopped_for_secs(&self, link: &mut Connection<'_>, now: Timestamp) -> StoreResult<Option<i64>> {
        let mut wait = None;
        for (subject, most) in &self.limits {
            if let Some((failures, since)) = link.find_failures(subject).await? {
                let left = since.plus_secs(WINDOW_SECS).secs_since(now);
                if failures >= *most && left > 0 {
                    wait = wait.max(Some(left));
                }
            }
        }
        Ok(wait)
    }

    pub async fn count_failure(&self, store: &Store, now: Timestamp) -> StoreResult<()> {
        let mut tx = store.begin().await?;
        self.count_failure_in(&mut tx.connection(), now).await?;
        tx.commit().await
    }

    /// Like [`Self::count_failure`], on a connection.
    pub async fn count_failure_in(&self, link: &mut Connection<'_>, now: Timestamp) -> StoreResult<()> {
        for (subject, _) in &self.limits {
            link.count_failure(subject, now, WINDOW_SECS).await?;
        }
        if let Account::Unknown { account, failed, .. } = &self.account {
            for subject in [account, failed] {
                link.count_failure(subject, now, WINDOW_SECS).await?;
            }
        }
        Ok(())
    }
}

fn admission(slot: LoginSlot, now: Timestamp, latest: Timestamp) -> Admission {
    match slot {
        LoginSlot::At(at) if at <= now => Admission::Now,
        LoginSlot::At(at) => {
            let micros = at.as_micros().saturating_sub(now.as_micros());
            Admission::After { wait_millis: u64::try_from(micros / 1000).unwrap_or_default() }
        }
        LoginSlot::NoneBefore(at) => {
            Admission::Refused { retry_after_secs: at.secs_since(latest).saturating_add(1).max(1) }
        }
    }
}

fn within_window(found: Option<(i64, Timestamp)>, now: Timestamp) -> i64 {
    found.filter(|(_, since)| now.secs_since(*since) < WINDOW_SECS).map_or(0, |(failures, _)| failures)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use domain::time::Clock;
    use rstest::rstest;

    use super::*;
    use crate::store::testing::{Engine, TestDatabase};

    /// Returns an address in a different network for each number.
    fn from(number: u8) -> ClientAddress {
        ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, number, 1)))
    }

    async fn fails(store: &Store, email: &Email, number: u8, times: usize, now: Timestamp) {
        for _ in 0..times {
            LoginThrottle::new(email, from(number), None).count_failure(store, now).await.unwrap();
        }
    }

    #[rstest]
    #[tokio::test]
    async fn an_account_under_attack_is_open_to_known_and_new_devices_and_slow_for_guessers(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let database = TestDatabase::new(engine).await;
        let store = &database.store;
        let email: Email = "ada@example.com".parse().unwrap();
        let user: UserId = "ada".parse().unwrap();
        let now = domain::time::SystemClock.now();
        for guesser in 1..=5 {
            fails(store, &email, guesser, 10, now).await;
        }
        let key = super::super::device::DeviceKey::from_bytes(&[1; 32]);
        let cookie = key.renewed("", &user, now);
        let device = key.known(&cookie, &user, now).unwrap();
        let at_home = LoginThrottle::new(&email, from(1), Some((&user, &device)));
        assert_eq!(at_home.admit(store, now).await.unwrap(), Admission::Free, "from a guesser's address even");
        let stopped = LoginThrottle::new(&email, from(1), None).admit(store, now).await.unwrap();
        assert!(matches!(stopped, Admission::Refused { .. }), "{stopped:?}");

        // A new device is admitted at once, or within seconds if others are ahead of it.
        let fresh = |number| LoginThrottle::new(&email, from(number), None);
        assert_eq!(fresh(20).admit(store, now).await.unwrap(), Admission::Now);
        assert_eq!(fresh(21).admit(store, now).await.unwrap(), Admission::After { wait_millis: 2000 });
        assert_eq!(fresh(22).admit(store, now).await.unwrap(), Admission::After { wait_millis: 4000 });
        assert_eq!(fresh(23).admit(store, now).await.unwrap(), Admission::After { wait_millis: 6000 });
        let admission = fresh(24).admit(store, now).await.unwrap();
        assert_eq!(admission, Admission::Refused { retry_after_secs: 6 });
        assert_eq!(fresh(24).admit(store, now.plus_secs(6)).await.unwrap(), Admission::After { wait_millis: 2000 });

        // Networks with a failure have slots twenty seconds apart, and take no slot of networks without one.
        fails(store, &email, 30, 1, now).await;
        fails(store, &email, 31, 1, now).await;
        assert_eq!(fresh(30).admit(store, now).await.unwrap(), Admission::Now);
        assert_eq!(fresh(31).admit(store, now).await.unwrap(), Admission::Refused { retry_after_secs: 15 });
        let later = now.plus_secs(3600);
        assert_eq!(fresh(1).admit(store, later).await.unwrap(), Admission::Free, "the window is over");
    }

    #[rstest]
    #[tokio::test]
    async fn one_network_gets_one_slot_and_loses_priority_after_refusals(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let database = TestDatabase::new(engine).await;
        let store = &database.store;
        let email: Email = "ada@example.com".parse().unwrap();
        let now = domain::time::SystemClock.now();
        for guesser in 1..=5 {
            fails(store, &email, guesser, 10, now).await;
        }
        let pool =
            |host: u8| LoginThrottle::new(&email, ClientAddress(IpAddr::V4(Ipv4Addr::new(10, 200, 7, host))), None);
        assert_eq!(pool(1).admit(store, now).await.unwrap(), Admission::Now);
        for host in 2..=200 {
            let refused = pool(host).admit(store, now).await.unwrap();
            assert!(matches!(refused, Admission::Refused { .. } | Admission::Now), "{host}: {refused:?}");
        }
        // Other networks find slots as if the pool were one address.
        let fresh = |number| LoginThrottle::new(&email, from(number), None);
        assert_eq!(fresh(20).admit(store, now).await.unwrap(), Admission::After { wait_millis: 2000 });
        assert_eq!(fresh(21).admit(store, now).await.unwrap(), Admission::After { wait_millis: 4000 });
        // Refusals are counted a few times, not indefinitely.
        let Account::Unknown { refused, .. } = pool(9).account else { panic!("no device") };
        let counted = store.read().await.unwrap().connection().find_failures(&refused).await.unwrap();
        assert_eq!(counted.map(|(times, _)| times), Some(MOST_REFUSALS));
        let wide = ClientAddress("2001:db8:1:ffff::1".parse().unwrap()).wide_network();
        assert_eq!(wide, ClientAddress("2001:db8:1:2::3".parse().unwrap()).wide_network());
    }

    #[rstest]
    #[tokio::test]
    async fn a_known_device_has_a_small_allowance(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
        let database = TestDatabase::new(engine).await;
        let store = &database.store;
        let email: Email = "ada@example.com".parse().unwrap();
        let user: UserId = "ada".parse().unwrap();
        let now = domain::time::SystemClock.now();
        let key = super::super::device::DeviceKey::from_bytes(&[1; 32]);
        let device = key.known(&key.renewed("", &user, now), &user, now).unwrap();
        let known = LoginThrottle::new(&email, from(1), Some((&user, &device)));
        for _ in 0..PASSWORDS.most_per_device {
            assert_eq!(known.admit(store, now).await.unwrap(), Admission::Free);
            known.count_failure(store, now).await.unwrap();
        }
        assert!(matches!(known.admit(store, now).await.unwrap(), Admission::Refused { .. }));
        let stranger = LoginThrottle::new(&email, from(2), None);
        assert_eq!(stranger.admit(store, now).await.unwrap(), Admission::Free, "it uses up only its own allowance");
    }
}
