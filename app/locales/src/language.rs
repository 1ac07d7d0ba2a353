//! The languages of an installation and their messages.

use std::{borrow::Cow, collections::HashMap, path::Path, sync::OnceLock};

use fluent_bundle::{FluentResource, concurrent::FluentBundle};
use fluent_syntax::ast::Entry;
use unic_langid::LanguageIdentifier;

use crate::{
    catalog::{BUILT_IN, MESSAGES, NAMES, REFERENCE, Spec},
    check::{self, Finding},
    folder::read_folder,
    formats::Formats,
    language_error::{LanguageError, MAX_ENTRIES},
    markup::restored,
    numbers::{NumberFormat, format_value},
    pseudo::{self, Pseudo},
    template::{MAX_ARGUMENTS, Template, is_joined},
    value::Args,
};

/// Writing direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// The value of the HTML attribute `dir`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// A text of the catalog.
#[derive(Debug)]
enum Text {
    /// The same for all arguments.
    Fixed(String),
    /// Only joined with its arguments.
    Joined(Template),
    /// Inflected by its arguments.
    Formatted,
    /// Absent in this language: the reference language's text is used.
    Absent,
}

/// A language with its messages.
pub(crate) struct Language {
    tag: String,
    /// The language's name in the language itself.
    name: String,
    direction: Direction,
    bundle: FluentBundle<FluentResource>,
    texts: Vec<Text>,
    /// Translations of the catalog's names: see [`Locale::translate`].
    names: HashMap<String, String>,
    pub(crate) formats: Formats,
    pub(crate) numbers: NumberFormat,
}

/// A language of the installation. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Locale {
    language: &'static Language,
    reference: &'static Language,
}

impl PartialEq for Locale {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.language, other.language)
    }
}

impl Eq for Locale {}

impl std::fmt::Debug for Locale {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Locale").field(&self.language.tag).finish()
    }
}

/// The languages of an installation. The first is the default.
#[derive(Debug)]
pub struct Languages(Vec<Locale>);

static INSTALLED: OnceLock<Languages> = OnceLock::new();

/// Makes these the process's languages. Has an effect only before the first message is formatted; later it returns
/// `false`.
pub fn install(languages: Languages) -> bool {
    INSTALLED.set(languages).is_ok()
}

/// Whether the process has languages: [`install`] would have no effect.
pub fn are_installed() -> bool {
    INSTALLED.get().is_some()
}

/// Returns the process's languages: those that were [installed](install), else the built-in ones.
pub fn installed() -> &'static Languages {
    INSTALLED.get_or_init(|| Languages::load(&["en", "de"], None, "Dues").unwrap_or_else(|_| Languages(Vec::new())))
}

impl Languages {
    /// Loads the languages of these tags, the first of which is the default. `folder` has a folder for each language
    /// that an installation adds, or whose messages it overrides. `app_name` is what messages call the product.
    pub fn load(tags: &[&str], folder: Option<&Path>, app_name: &str) -> Result<Self, LanguageError> {
        let reference = Language::load(REFERENCE, folder, app_name, None)?;
        let reference: &'static Language = Box::leak(Box::new(reference));
        let mut languages = Vec::with_capacity(tags.len());
        for tag in tags.iter().take(MAX_ENTRIES) {
            let language: &'static Language = match *tag {
                REFERENCE => reference,
                tag => Box::leak(Box::new(Language::load(tag, folder, app_name, Some(reference))?)),
            };
            languages.push(Locale { language, reference });
        }
        if languages.is_empty() {
            languages.push(Locale { language: reference, reference });
        }
        Ok(Self(languages))
    }

    /// The language for readers whose language is not known.
    pub fn default(&self) -> Locale {
        #[expect(clippy::indexing_slicing, reason = "there is always one")]
        self.0[0]
    }

    pub fn iter(&self) -> impl Iterator<Item = Locale> {
        self.0.iter().copied()
    }

    /// Returns the language with exactly this tag.
    pub fn get(&self, tag: &str) -> Option<Locale> {
        self.iter().find(|locale| locale.tag().eq_ignore_ascii_case(tag))
    }

    /// Returns the language with this tag, else the first of the same language with another region or script. `None` if
    /// there is none, or if the text is no tag of BCP 47.
    pub fn nearest(&self, tag: &str) -> Option<Locale> {
        let wanted = tag.parse::<LanguageIdentifier>().ok()?;
        let is_same = |locale: &Locale| {
            locale.tag().parse::<LanguageIdentifier>().is_ok_and(|known| known.language == wanted.language)
        };
        self.get(tag).or_else(|| self.iter().find(is_same))
    }
}

tokio::task_local! {
    static CURRENT: Locale;
}

impl Locale {
    /// Returns the language of the request that is served, else the default language.
    pub fn current() -> Self {
        CURRENT.try_with(|locale| *locale).unwrap_or_else(|_| installed().default())
    }

    /// Runs a future whose messages are in this language. Tasks that it spawns don't inherit the language.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Runs a function whose messages are in this language.
    pub fn within<T>(self, function: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, function)
    }

    /// The tag of BCP 47: `en`, `pt-BR`.
    pub fn tag(self) -> &'static str {
        &self.language.tag
    }

    /// The language's name in the language itself: `Deutsch`.
    pub fn name(self) -> &'static str {
        &self.language.name
    }

    pub fn direction(self) -> Direction {
        self.language.direction
    }

    /// Translates a name of the product's catalog, such as a plan's or a feature's. The translation is the message
    /// `catalog-` with the name's letters and digits: `catalog-api-requests` for "API requests". Returns the name itself
    /// if the language has no such message.
    pub fn translate(self, name: &str) -> Cow<'_, str> {
        if self.language.names.is_empty() {
            return Cow::Borrowed(name);
        }
        self.language.names.get(&slug(name)).map_or(Cow::Borrowed(name), |text| Cow::Owned(text.clone()))
    }

    pub(crate) fn language(self) -> &'static Language {
        self.language
    }

    /// Formats a message that has no tags.
    pub(crate) fn text(self, index: usize, args: &Args<'_>) -> Cow<'static, str> {
        match self.raw_text(index, args) {
            Cow::Owned(text) => Cow::Owned(restored(text)),
            fixed @ Cow::Borrowed(_) => fixed,
        }
    }

    /// Formats a message, with tags as they are written.
    pub(crate) fn raw_text(self, index: usize, args: &Args<'_>) -> Cow<'static, str> {
        let (language, text) = match self.language.texts.get(index) {
            Some(Text::Absent) | None => (self.reference, self.reference.texts.get(index)),
            text => (self.language, text),
        };
        if let Some(Text::Fixed(text)) = text {
            return Cow::Borrowed(text);
        }
        let id = MESSAGES.get(index).map_or("", |spec| spec.id);
        let text = language.joined(index, args).or_else(|| language.format(id, Some(args)));
        text.map_or(Cow::Borrowed(id), Cow::Owned)
    }
}

impl Language {
    /// Loads a language. Formats that it lacks are those of `reference`.
    fn load(tag: &str, folder: Option<&Path>, app_name: &str, reference: Option<&Self>) -> Result<Self, LanguageError> {
        // `pt_BR` is read as a tag, but is none in HTML.
        if tag.contains('_') {
            return Err(LanguageError::Tag(tag.to_owned()));
        }
        let pseudo = Pseudo::of(tag);
        let source = if pseudo.is_some() { REFERENCE } else { tag };
        let identifier: LanguageIdentifier = source.parse().map_err(|_| LanguageError::Tag(tag.to_owned()))?;
        let mut files: Vec<(String, Cow<'static, str>)> = BUILT_IN
            .iter()
            .filter(|(built_in, _)| *built_in == source)
            .flat_map(|(_, files)| *files)
            .map(|(name, text)| (format!("{source}/{name}"), Cow::Borrowed(*text)))
            .collect();
        if let Some(folder) = folder.map(|folder| folder.join(source)).filter(|folder| folder.is_dir()) {
            files.extend(read_folder(&folder)?.into_iter().map(|(path, text)| (path, Cow::Owned(text))));
        }
        if files.is_empty() {
            return Err(LanguageError::Unknown(tag.to_owned()));
        }
        let mut names = Vec::new();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier.clone()]);
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(format_value));
        let app_name = format!("-app-name = {{ \"{}\" }}\n", app_name.replace('\\', "\\\\").replace('"', "\\\""));
        for (path, text) in files.into_iter().chain([("app-name".to_owned(), Cow::Owned(app_name))]) {
            if let Some(finding) = check::file(source, &path, &text).into_iter().find(Finding::is_fatal) {
                return Err(LanguageError::Messages(finding));
            }
            let text = match pseudo {
                Some(pseudo) => pseudo::transform(&text, pseudo),
                None => text.into_owned(),
            };
            let resource = match FluentResource::try_new(text) {
                Ok(resource) | Err((resource, _)) => resource,
            };
            names.extend(names_in(&resource));
            bundle.add_resource_overriding(resource);
        }
        let mut language = Self {
            tag: tag.to_owned(),
            name: String::new(),
            direction: Direction::LeftToRight,
            texts: Vec::with_capacity(MESSAGES.len()),
            names: HashMap::new(),
            formats: Formats::default(),
            numbers: NumberFormat::new(source),
            bundle,
        };
        language.read(reference);
        for id in names {
            let text = language.format(&id, None).unwrap_or_default();
            language.names.insert(id.strip_prefix(NAMES).unwrap_or(&id).to_owned(), text);
        }
        if pseudo.is_some() {
            tag.clone_into(&mut language.name);
        }
        if pseudo == Some(Pseudo::RightToLeft) {
            language.direction = Direction::RightToLeft;
        }
        if language.direction == Direction::RightToLeft {
            language.bundle.set_use_isolating(true);
        } else {
            language.read_templates();
        }
        Ok(language)
    }

    /// Reads what is the same for every request.
    fn read(&mut self, reference: Option<&Self>) {
        let texts = MESSAGES.iter().map(|spec| {
            if !self.bundle.has_message(spec.id) {
                Text::Absent
            } else if spec.args.is_empty() {
                self.format(spec.id, None).map_or(Text::Absent, Text::Fixed)
            } else {
                Text::Formatted
            }
        });
        self.texts = texts.collect();
        self.name = self.format("language-name", None).unwrap_or_else(|| self.tag.clone());
        if self.format("language-direction", None).as_deref() == Some("rtl") {
            self.direction = Direction::RightToLeft;
        }
        self.formats = Formats::read(|id, args| {
            self.format(id, args).or_else(|| reference.and_then(|reference| reference.format(id, args)))
        });
    }

    /// Makes templates of the messages that do not inflect. In a text that is written from right to left each argument
    /// is isolated, which a template does not do.
    fn read_templates(&mut self) {
        let templates: Vec<_> = MESSAGES.iter().map(|spec| self.template(spec)).collect();
        for (text, template) in self.texts.iter_mut().zip(templates) {
            if let Some(template) = template {
                *text = Text::Joined(template);
            }
        }
    }

    /// `None` if the message is the same for all arguments or inflects, or has more arguments than a template.
    fn template(&self, spec: &Spec) -> Option<Template> {
        let elements = &self.bundle.get_message(spec.id)?.value()?.elements;
        if !(1..=MAX_ARGUMENTS as usize).contains(&spec.args.len()) || !elements.iter().all(is_joined) {
            return None;
        }
        let mut args = Args::default();
        for (position, name) in (0..).zip(spec.args) {
            args.set(name, Template::placeholder(position).into());
        }
        Some(Template::read(&self.format(spec.id, Some(&args))?))
    }

    /// Joins a template with its arguments. `None` if the text is no template, or has an argument that only Fluent writes.
    pub(crate) fn joined(&self, index: usize, args: &Args<'_>) -> Option<String> {
        let (Text::Joined(template), spec) = (self.texts.get(index)?, MESSAGES.get(index)?) else { return None };
        template.write(|position, out| {
            let value = args.fluent().get(*spec.args.get(position)?)?;
            out.push_str(&self.numbers.argument(value)?);
            Some(())
        })
    }

    /// Formats a message with the messages of this language alone. `None` if the language does not have it.
    pub(crate) fn format(&self, id: &str, args: Option<&Args<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        // An error is an argument that the caller does not give; the text then shows its name.
        let mut errors = Vec::new();
        Some(self.bundle.format_pattern(pattern, args.map(Args::fluent), &mut errors).into_owned())
    }
}

/// The ids of a file's translations of catalog names.
fn names_in(resource: &FluentResource) -> Vec<String> {
    let id = |entry: &Entry<&str>| match entry {
        Entry::Message(message) if message.id.name.starts_with(NAMES) => Some(message.id.name.to_owned()),
        _ => None,
    };
    resource.entries().filter_map(id).collect()
}

/// The id of a catalog name's translation, without [`NAMES`].
fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}
