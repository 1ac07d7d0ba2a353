//! Form parameters in Stripe's syntax: `items[0][price]=…`, `expand[]=…`, `metadata[k]=…`.
//!
//! Reading a parameter marks it as known, so that [`Params::finish`] can refuse an unknown parameter by name, as
//! Stripe does ("Received unknown parameter"). A misspelt parameter is never ignored.

use std::{cell::RefCell, collections::BTreeMap, collections::BTreeSet, rc::Rc};

use super::error::StripeError;

const MAX_DEPTH: usize = 8;
const MAX_PARAMS: usize = 2000;

type Result<T> = std::result::Result<T, StripeError>;

#[derive(Debug, Clone)]
enum Param {
    Text(String),
    Group(Vec<(String, Param)>),
}

/// A group of parameters: the whole request, or everything under one name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params {
    path: String,
    entries: Vec<(String, Param)>,
    read: Rc<RefCell<BTreeSet<String>>>,
}

impl Params {
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self> {
        let mut entries = Vec::new();
        for (count, (name, value)) in url::form_urlencoded::parse(encoded).enumerate() {
            if count >= MAX_PARAMS {
                return Err(StripeError::refused(format!("More than {MAX_PARAMS} parameters.")));
            }
            let keys =
                split(&name).ok_or_else(|| StripeError::bad(&name, format!("Invalid parameter name: {name}")))?;
            insert(&mut entries, &keys, value.into_owned(), &name)?;
        }
        Ok(Self { entries, ..Self::default() })
    }

    fn full(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.path) }
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.read.borrow_mut().insert(self.full(name));
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The text. `None` if it is absent. It may be empty, which unsets the field.
    pub(crate) fn raw(&self, name: &str) -> Result<Option<&str>> {
        match self.find(name) {
            None => Ok(None),
            Some(Param::Text(text)) if text.len() > 5000 => Err(StripeError::bad(
                &self.full(name),
                format!(
                    "Invalid string: {}…; must be at most 5000 characters",
                    text.chars().take(20).collect::<String>()
                ),
            )),
            Some(Param::Text(text)) => Ok(Some(text)),
            Some(Param::Group(_)) => {
                Err(StripeError::bad(&self.full(name), format!("Invalid string: {} is an object", self.full(name))))
            }
        }
    }

    /// The text. `None` if it is absent or empty.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        Ok(self.raw(name)?.filter(|text| !text.is_empty()).map(str::to_owned))
    }

    pub(crate) fn require(&self, name: &str) -> Result<String> {
        self.text(name)?.ok_or_else(|| StripeError::missing(&self.full(name)))
    }

    /// Applies a nullable text: sets it if given, unsets it if empty, keeps it if absent.
    pub(crate) fn patch(&self, name: &str, field: &mut Option<String>) -> Result<()> {
        if let Some(text) = self.raw(name)? {
            *field = Some(text.to_owned()).filter(|text| !text.is_empty());
        }
        Ok(())
    }

    pub(crate) fn int(&self, name: &str) -> Result<Option<i64>> {
        self.text(name)?
            .map(|text| {
                text.parse().map_err(|_| {
                    StripeError::bad_as(
                        "parameter_invalid_integer",
                        &self.full(name),
                        format!("Invalid integer: {text}"),
                    )
                })
            })
            .transpose()
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>> {
        self.text(name)?
            .map(|text| match text.as_str() {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                _ => Err(StripeError::bad(&self.full(name), format!("Invalid boolean: {text}"))),
            })
            .transpose()
    }

    /// The value in `choices` that the text names. `None` if the text is absent or empty.
    pub(crate) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>> {
        self.text(name)?
            .map(|text| {
                choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice).ok_or_else(|| {
                    let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                    StripeError::bad(
                        &self.full(name),
                        format!("Invalid {}: must be one of {}", self.full(name), words.join(", ")),
                    )
                })
            })
            .transpose()
    }

    /// The parameters under a name. An empty text is an empty group.
    pub(crate) fn group(&self, name: &str) -> Result<Option<Self>> {
        let found = self.entries.iter().find(|(key, _)| key == name);
        let path = self.full(name);
        let entries = match found {
            None => return Ok(None),
            Some((_, Param::Group(entries))) => entries.clone(),
            Some((_, Param::Text(text))) if text.is_empty() => {
                self.read.borrow_mut().insert(path.clone());
                Vec::new()
            }
            Some((_, Param::Text(_))) => return Err(StripeError::bad(&path, "Invalid object")),
        };
        Ok(Some(Self { path, entries, read: Rc::clone(&self.read) }))
    }

    /// The names of the group's parameters.
    pub(crate) fn names(&self) -> Vec<String> {
        self.entries.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Whether the group has no parameters.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The groups of an array of objects: `items[0][price]`.
    pub(crate) fn groups(&self, name: &str) -> Result<Option<Vec<Self>>> {
        let Some(array) = self.group(name)? else { return Ok(None) };
        array.entries.iter().map(|(key, _)| Ok(array.group(key)?.unwrap_or_default())).collect::<Result<_>>().map(Some)
    }

    /// The texts of an array: `lookup_keys[]`, `expand[0]`.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        let Some((_, found)) = self.entries.iter().find(|(key, _)| key == name) else { return Ok(None) };
        self.read.borrow_mut().insert(self.full(name));
        let entries = match found {
            Param::Text(text) if text.is_empty() => return Ok(Some(Vec::new())),
            Param::Text(_) => return Err(StripeError::bad(&self.full(name), "Invalid array")),
            Param::Group(entries) => entries,
        };
        let texts = entries.iter().map(|(_, entry)| match entry {
            Param::Text(text) => Ok(text.clone()),
            Param::Group(_) => Err(StripeError::bad(&self.full(name), "Invalid array")),
        });
        texts.collect::<Result<_>>().map(Some)
    }

    /// Merges `metadata[…]` into `into`. An empty value removes a key, an empty `metadata` removes all.
    pub(crate) fn metadata(&self, into: &mut BTreeMap<String, String>) -> Result<()> {
        let Some(group) = self.group("metadata")? else { return Ok(()) };
        if group.entries.is_empty() {
            into.clear();
        }
        for (key, _) in &group.entries {
            let value = group.raw(key)?.unwrap_or_default().to_owned();
            let path = group.full(key);
            if key.chars().count() > 40 {
                return Err(StripeError::bad(&path, "Metadata keys can have up to 40 characters."));
            }
            if value.chars().count() > 500 {
                return Err(StripeError::bad(&path, "Metadata values can have up to 500 characters."));
            }
            if value.is_empty() {
                into.remove(key);
            } else {
                into.insert(key.clone(), value);
            }
        }
        if into.len() > 50 { Err(StripeError::bad("metadata", "Metadata can have up to 50 keys.")) } else { Ok(()) }
    }

    /// Marks `names`, with everything under them, as known: parameters of Stripe that the sandbox ignores.
    pub(crate) fn accept(&self, names: &[&str]) {
        let mut read = self.read.borrow_mut();
        read.extend(names.iter().map(|name| self.full(name)));
    }

    /// Fails for the first parameter that was not read.
    pub(crate) fn finish(&self) -> Result<()> {
        for (name, value) in &self.entries {
            let path = self.full(name);
            if self.read.borrow().contains(&path) {
                continue;
            }
            match value {
                Param::Group(entries) if !entries.is_empty() => {
                    Self { path, entries: entries.clone(), read: Rc::clone(&self.read) }.finish()?;
                }
                _ => {
                    let message = format!("Received unknown parameter: {path}");
                    return Err(StripeError::bad_as("parameter_unknown", &path, message));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn path_of(&self, name: &str) -> String {
        self.full(name)
    }
}

/// Splits `items[0][price]` into `items`, `0`, `price`.
fn split(name: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let mut keys = vec![first];
    while let Some(inner) = rest.strip_prefix('[') {
        let (key, after) = inner.split_once(']')?;
        keys.push(key);
        rest = after;
    }
    (rest.is_empty() && !first.is_empty() && keys.len() <= MAX_DEPTH).then_some(keys)
}

fn insert(entries: &mut Vec<(String, Param)>, keys: &[&str], value: String, name: &str) -> Result<()> {
    let Some((key, rest)) = keys.split_first() else { return Ok(()) };
    let key = if key.is_empty() { entries.len().to_string() } else { (*key).to_owned() };
    let index = entries.iter().position(|(had, _)| *had == key);
    match (index.and_then(|index| entries.get_mut(index)), rest.is_empty()) {
        (None, true) => entries.push((key, Param::Text(value))),
        (None, false) => {
            let mut inner = Vec::new();
            insert(&mut inner, rest, value, name)?;
            entries.push((key, Param::Group(inner)));
        }
        // Of a repeated parameter, the last value applies.
        (Some((_, Param::Text(had))), true) => *had = value,
        (Some((_, Param::Group(inner))), false) => insert(inner, rest, value, name)?,
        (Some(_), _) => {
            return Err(StripeError::bad(name, format!("Invalid parameter: {name} is given in two shapes")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_nest_and_arrays_count() {
        let params =
            Params::parse(b"items[0][price]=p1&items[0][quantity]=2&items[1][price]=p2&expand[]=a&expand%5B%5D=b")
                .unwrap();
        let items = params.groups("items").unwrap().unwrap();
        assert_eq!(items.iter().map(|item| item.require("price").unwrap()).collect::<Vec<_>>(), ["p1", "p2"]);
        assert_eq!(params.texts("expand").unwrap().unwrap(), ["a", "b"]);
        assert_eq!(params.finish().unwrap_err().message, "Received unknown parameter: items[0][quantity]");
    }

    #[test]
    fn accepting_a_parameter_accepts_everything_under_it() {
        let params = Params::parse(b"automatic_tax[enabled]=true&nmae=x").unwrap();
        params.accept(&["automatic_tax"]);
        assert_eq!(params.finish().unwrap_err().message, "Received unknown parameter: nmae");
    }

    #[test]
    fn an_empty_value_removes_a_metadata_key() {
        let mut metadata = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
        Params::parse(b"metadata[a]=&metadata[c]=3").unwrap().metadata(&mut metadata).unwrap();
        assert_eq!(metadata.into_iter().map(|(k, v)| k + &v).collect::<Vec<_>>(), ["b2", "c3"]);
    }

    #[test]
    fn malformed_input_is_refused_without_a_panic() {
        for garbage in ["a[b=1", "[a]=1", "a[b]c=1", "a=1&a[b]=2", "a[b]=1&a=2", "==", "a[1][2][3][4][5][6][7][8][9]=1"]
        {
            assert!(Params::parse(garbage.as_bytes()).is_err(), "{garbage}");
        }
        assert!(Params::parse(b"%ff%00=1&&").is_ok());
    }
}
