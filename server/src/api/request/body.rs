//! JSON bodies, read field by field, so that each error names its field.

mod extent;
mod number;
mod texts;

use std::str::FromStr;

use axum::{
    body::{Bytes, HttpBody},
    extract::{FromRequest, Request},
    http::header,
};
use billing::{
    payment::merchant::NewMerchantPrice,
    service::{FieldErrors, ServiceError, usage::IDEMPOTENCY_KEY_MAX_CHARS},
};
use domain::{entitlement::change::COUNTER_MAX, time::Timestamp};
use serde_json::{Map, Value};

use crate::api::ApiError;

pub(in crate::api) use extent::Extent;
pub(in crate::api) use number::{whole, whole_text};

/// Maximum number of items in a list or object, unless the reader sets another limit.
const MAX_ITEMS: usize = 100;
/// Maximum number of characters in a text, unless the reader sets another limit.
const MAX_CHARS: usize = 4096;

/// A JSON object whose fields are being read, with the errors so far.
///
/// A reader that refuses a value records an error and returns `None` or an empty value; [`Fields::check`] then fails.
#[derive(Debug)]
pub struct Fields {
    object: Map<String, Value>,
    errors: FieldErrors,
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence =
            content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = Bytes::from_request(request, state).await.map_err(|_| ApiError::unreadable_body())?;
        if !body.is_empty() && essence != "application/json" && !essence.ends_with("+json") {
            return Err(ApiError::unsupported_media_type("application/json"));
        }
        Extent::of(&body).check()?;
        let value: Value = serde_json::from_slice(&body).map_err(|error| ApiError::invalid_json(&error))?;
        match value {
            Value::Object(object) => Ok(Self { object, errors: FieldErrors::new() }),
            _ => Err(ServiceError::field("body", "Send a JSON object.").into()),
        }
    }
}

/// A request body that is read field by field. The same type describes it in the `OpenAPI` document.
pub trait ReadFields: Sized {
    /// Whether a missing body is read as an empty object.
    const MAY_BE_MISSING: bool = false;

    fn read(fields: &mut Fields) -> Self;
}

/// Extracts a JSON body. Handlers take it after the caller's extractor: authentication errors come first.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: ReadFields> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_missing = T::MAY_BE_MISSING && request.body().is_end_stream();
        let mut fields = if is_missing {
            Fields { object: Map::new(), errors: FieldErrors::new() }
        } else {
            Fields::from_request(request, state).await?
        };
        let body = T::read(&mut fields);
        fields.check()?;
        Ok(Self(body))
    }
}

impl Fields {
    pub fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Moves fields of the required object `name` to the top level. `fields` pairs the name of each within the object
    /// with the full name that readers and errors use.
    pub fn flatten(&mut self, name: &'static str, fields: &[(&str, &'static str)]) {
        let mut inner = match self.object.remove(name) {
            Some(Value::Object(inner)) => inner,
            None | Some(Value::Null) => {
                self.errors.insert(name, format!("{name} is required."));
                return;
            }
            Some(_) => {
                self.errors.insert(name, format!("{name} must be an object."));
                return;
            }
        };
        for (field, full) in fields {
            self.object.remove(*full);
            if let Some(value) = inner.remove(*field) {
                self.object.insert((*full).to_owned(), value);
            }
        }
    }

    /// Reads a required text.
    pub fn text(&mut self, name: &'static str) -> String {
        let text = self.optional_text(name);
        self.required(name, text)
    }

    fn required(&mut self, name: &'static str, text: Option<String>) -> String {
        if text.is_none() {
            self.errors.entry(name).or_insert_with(|| format!("{name} is required."));
        }
        text.unwrap_or_default()
    }

    /// Reads a text; `None` when missing or null.
    pub fn optional_text(&mut self, name: &'static str) -> Option<String> {
        match self.object.get(name) {
            Some(Value::String(text)) if text.chars().count() > MAX_CHARS || text.contains('\0') => {
                self.refuse(name, format!("{name} may have at most {MAX_CHARS} characters, and no NUL."))
            }
            _ => self.optional_token(name),
        }
    }

    /// Reads a required token.
    pub fn token(&mut self, name: &'static str) -> String {
        let token = self.optional_token(name);
        self.required(name, token)
    }

    /// Reads a token without limits on its length and characters: the verifier checks them.
    fn optional_token(&mut self, name: &'static str) -> Option<String> {
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => self.refuse(name, format!("{name} must be a string.")),
        }
    }

    /// Reads one of a fixed set of words; `None` when missing or null. `expects` lists the words for the error.
    pub fn optional_word<T: FromStr>(&mut self, name: &'static str, expects: &str) -> Option<T> {
        let text = self.optional_text(name)?;
        match text.parse() {
            Ok(word) => Some(word),
            Err(_) => self.refuse(name, format!("{name} must be {expects}.")),
        }
    }

    /// Reads a required word of a fixed set; `None` only after an error. `expects` lists the words for the error.
    pub fn word<T: FromStr>(&mut self, name: &'static str, expects: &str) -> Option<T> {
        match self.object.get(name) {
            None | Some(Value::Null) => self.refuse(name, format!("{name} is required: {expects}.")),
            Some(_) => self.optional_word(name, expects),
        }
    }

    /// Reads a required list of words of a fixed set. `expects` describes them for the error.
    pub fn words<T: FromStr>(&mut self, name: &'static str, expects: &str) -> Vec<T> {
        if let Some(words) = self.optional_words(name, expects) {
            return words;
        }
        self.errors.entry(name).or_insert_with(|| format!("{name} is required."));
        Vec::new()
    }

    /// Reads a list of words; `None` when missing or null.
    pub fn optional_words<T: FromStr>(&mut self, name: &'static str, expects: &str) -> Option<Vec<T>> {
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Array(items)) if items.len() > MAX_ITEMS => {
                self.refuse(name, format!("{name} may have at most {MAX_ITEMS} items."))
            }
            Some(Value::Array(items)) => {
                let words = items.iter().map(|item| item.as_str().and_then(|word| word.parse().ok()));
                match words.collect::<Option<_>>() {
                    Some(words) => Some(words),
                    None => self.refuse(name, format!("{name} may have {expects}.")),
                }
            }
            Some(_) => self.refuse(name, format!("{name} must be a list of {expects}.")),
        }
    }

    /// Reads a boolean; `None` when missing or null.
    pub fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => self.refuse(name, format!("{name} must be true or false.")),
        }
    }

    /// Reads a time; `None` when missing or null.
    pub fn optional_time(&mut self, name: &'static str) -> Option<Timestamp> {
        let text = self.optional_text(name)?;
        match Timestamp::parse_rfc3339(&text) {
            Some(at) => Some(at),
            None => self.refuse(name, format!("{name} must be a time, as 2030-01-01T00:00:00Z.")),
        }
    }

    /// Reads a whole number from `least` to [`COUNTER_MAX`]; `None` when missing or null.
    pub fn optional_amount(&mut self, name: &'static str, least: u64) -> Option<u64> {
        self.optional_between(name, least, COUNTER_MAX)
    }

    /// Reads a whole number from `least` to `most`; `None` when missing or null.
    pub fn optional_between(&mut self, name: &'static str, least: u64, most: u64) -> Option<u64> {
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => match whole(value).filter(|amount| (least..=most).contains(amount)) {
                Some(amount) => Some(amount),
                None => self.refuse(name, format!("{name} must be a whole number, {least} to {most}.")),
            },
        }
    }

    /// Reads a required whole number from `least` to [`COUNTER_MAX`].
    pub fn amount(&mut self, name: &'static str, least: u64) -> u64 {
        let amount = self.optional_amount(name, least);
        if amount.is_none() {
            self.errors.entry(name).or_insert_with(|| format!("{name} is required."));
        }
        amount.unwrap_or_default()
    }

    /// Reads a required signed whole number other than 0.
    pub fn signed_amount(&mut self, name: &'static str) -> i64 {
        let expects = || format!("{name} must be a whole number from -{COUNTER_MAX} to {COUNTER_MAX}, and not 0.");
        let read = match self.object.get(name) {
            None | Some(Value::Null) => {
                self.errors.entry(name).or_insert_with(|| format!("{name} is required."));
                return 0;
            }
            Some(value) => {
                number::whole_signed(value).filter(|amount| *amount != 0 && amount.unsigned_abs() <= COUNTER_MAX)
            }
        };
        read.unwrap_or_else(|| {
            self.errors.insert(name, expects());
            0
        })
    }

    /// Reads a required object with at least one amount, each a whole number from 1, as pairs of name and amount.
    pub fn amounts(&mut self, name: &'static str) -> Vec<(String, u64)> {
        let read = match self.object.get(name) {
            Some(Value::Object(amounts)) if (1..=MAX_ITEMS).contains(&amounts.len()) => {
                let amounts = amounts.iter().map(|(key, value)| Some((key.clone(), whole(value)?)));
                amounts
                    .collect::<Option<Vec<_>>>()
                    .filter(|all| all.iter().all(|(_, of)| (1..=COUNTER_MAX).contains(of)))
            }
            _ => None,
        };
        let expects = || {
            format!(
                "{name} must name 1 to {MAX_ITEMS} features with their amounts, whole numbers from 1 to {COUNTER_MAX}."
            )
        };
        read.unwrap_or_else(|| {
            self.errors.insert(name, expects());
            Vec::new()
        })
    }

    /// Removes a required list of 1 to `most` items and returns its items as they are: the caller reads them.
    pub fn items(&mut self, name: &'static str, most: usize) -> Vec<Value> {
        match self.object.remove(name) {
            Some(Value::Array(items)) if (1..=most).contains(&items.len()) => items,
            _ => self.refuse(name, format!("{name} must be a list of 1 to {most} items.")).unwrap_or_default(),
        }
    }

    /// Reads a required list of prices. The service checks their values.
    pub fn prices(&mut self, name: &'static str) -> Vec<NewMerchantPrice> {
        let read = |value: &Value| {
            let text = |field: &str| value.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
            let interval = match value.get("interval") {
                None | Some(Value::Null) => None,
                Some(interval) => Some(interval.as_str()?.to_owned()),
            };
            Some(NewMerchantPrice {
                amount_minor: number::whole_signed(value.get("amount")?)?,
                currency: text("currency")?,
                interval,
            })
        };
        let prices = match self.object.get(name) {
            Some(Value::Array(prices)) if prices.len() <= MAX_ITEMS => {
                prices.iter().map(read).collect::<Option<Vec<_>>>()
            }
            _ => None,
        };
        let expects = || format!("{name} must be a list of prices, each with amount, currency and interval.");
        prices.or_else(|| self.refuse(name, expects())).unwrap_or_default()
    }

    /// Reads the idempotency key; `None` when missing or null.
    pub fn idempotency_key(&mut self) -> Option<String> {
        const NAME: &str = "idempotencyKey";
        let key = self.optional_text(NAME)?;
        if (1..=IDEMPOTENCY_KEY_MAX_CHARS).contains(&key.chars().count()) && !key.chars().any(char::is_control) {
            return Some(key);
        }
        self.refuse(NAME, format!("{NAME} must have 1 to {IDEMPOTENCY_KEY_MAX_CHARS} characters, on one line."))
    }

    /// Records an error that the caller found in the field, unless the field has an error already.
    pub fn note(&mut self, name: &'static str, message: impl Into<String>) {
        self.errors.entry(name).or_insert_with(|| message.into());
    }

    fn refuse<T>(&mut self, name: &'static str, message: String) -> Option<T> {
        self.errors.insert(name, message);
        None
    }

    /// Fails with all recorded errors at once, if there are any.
    pub fn check(self) -> Result<(), ApiError> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(ServiceError::invalid(self.errors).into())
    }
}
