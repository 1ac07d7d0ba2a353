//! Values that listeners watch by key.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

type Senders<Key, Value> = HashMap<Key, watch::Sender<Value>>;

/// The latest value of each key that has a listener. Cheap to clone.
#[derive(Debug)]
pub(super) struct Topics<Key, Value>(Arc<Mutex<Senders<Key, Value>>>);

/// Listens for changes of one key's value until it is dropped.
#[derive(Debug)]
pub(super) struct Topic<Key: Eq + Hash, Value> {
    topics: Topics<Key, Value>,
    key: Key,
    receiver: watch::Receiver<Value>,
}

impl<Key, Value> Clone for Topics<Key, Value> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Key, Value> Default for Topics<Key, Value> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<Key, Value> Topics<Key, Value> {
    fn senders(&self) -> MutexGuard<'_, Senders<Key, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Key: Clone + Eq + Hash, Value: Clone + PartialEq> Topics<Key, Value> {
    /// Listens for changes of the key's value, which is `first` unless the key already has a listener.
    pub(super) fn subscribe(&self, key: Key, first: Value) -> Topic<Key, Value> {
        let receiver = self.senders().entry(key.clone()).or_insert_with(|| watch::Sender::new(first)).subscribe();
        Topic { topics: self.clone(), key, receiver }
    }

    /// Notifies the key's listeners if the value differs. No-op without listeners.
    pub(super) fn publish(&self, key: &Key, value: Value) {
        if let Some(sender) = self.senders().get(key) {
            sender.send_if_modified(|known| {
                let differs = *known != value;
                *known = value;
                differs
            });
        }
    }

    /// Returns the keys that have a listener and for which `is_wanted` holds.
    pub(super) fn keys_where(&self, is_wanted: impl Fn(&Key, &Value) -> bool) -> Vec<Key> {
        let senders = self.senders();
        senders.iter().filter(|(key, sender)| is_wanted(key, &sender.borrow())).map(|(key, _)| key.clone()).collect()
    }
}

impl<Key: Eq + Hash, Value: Clone> Topic<Key, Value> {
    pub(super) const fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn value(&self) -> Value {
        self.receiver.borrow().clone()
    }

    /// Waits for a change. Returns at once if there was a change since the last call. Cancel safe.
    pub(super) async fn changed(&mut self) {
        // Never an error: the sender is kept as long as the key has a listener.
        if self.receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl<Key: Eq + Hash, Value> Drop for Topic<Key, Value> {
    fn drop(&mut self) {
        let mut senders = self.topics.senders();
        // This listener is still counted: a count of 1 means that it is the last one.
        if senders.get(&self.key).is_some_and(|sender| sender.receiver_count() == 1) {
            senders.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn listeners_are_notified_of_other_values_of_their_key() {
        let topics = Topics::default();
        topics.publish(&"ada", 0);
        let (mut one, mut other, mut bob) =
            (topics.subscribe("ada", 1), topics.subscribe("ada", 1), topics.subscribe("bob", 1));
        topics.publish(&"ada", 1);
        assert!(one.changed().now_or_never().is_none(), "an equal value is no change");
        topics.publish(&"ada", 2);
        one.changed().await;
        other.changed().await;
        assert_eq!((one.value(), other.value(), bob.value()), (2, 2, 1));
        assert!(bob.changed().now_or_never().is_none());
        let mut late = topics.subscribe("ada", 3);
        assert_eq!(late.value(), 2, "the value that others know");
        assert!(late.changed().now_or_never().is_none());
        drop((one, other));
        assert_eq!(topics.keys_where(|_, value| *value == 2), ["ada"]);
        drop((late, bob));
        assert!(topics.senders().is_empty());
    }
}
