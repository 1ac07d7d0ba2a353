//! The list of documents: each file of `server/docs`, in reading order.

/// A document.
#[derive(Debug)]
pub(super) struct Document {
    /// Last segment of its address; the file's name without `.md`.
    pub(super) slug: &'static str,
    /// Title in the navigation. The page's title is the file's heading.
    pub(super) title: &'static str,
    pub(super) source: &'static str,
}

impl Document {
    pub(super) fn path(&self) -> String {
        format!("/docs/{}", self.slug)
    }
}

macro_rules! document {
    ($slug:literal, $title:literal) => {
        Document { slug: $slug, title: $title, source: include_str!(concat!("../../../../server/docs/", $slug, ".md")) }
    };
}

/// Every document, in reading order.
pub(super) static DOCUMENTS: [Document; 25] = [
    document!("quickstart", "Quickstart"),
    document!("concepts", "Concepts"),
    document!("integrate", "Integrate"),
    document!("express", "Express"),
    document!("next", "Next"),
    document!("fastapi", "FastAPI"),
    document!("existing", "An existing product"),
    document!("import", "Import customers"),
    document!("clients", "Clients"),
    document!("tenants", "Tenants"),
    document!("entitlements", "Entitlements and metering"),
    document!("subscriptions", "Subscriptions"),
    document!("webhooks", "Webhooks"),
    document!("catalog", "Catalog"),
    document!("settings", "Settings"),
    document!("languages", "Languages and wording"),
    document!("install", "Install"),
    document!("operate", "Operate"),
    document!("backup", "Back up and restore"),
    document!("scale", "Several nodes and growth"),
    document!("telemetry", "Telemetry"),
    document!("security", "Security"),
    document!("reliability", "Reliability"),
    document!("bounds", "Bounds"),
    document!("develop", "Develop"),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_file_is_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/docs");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<_> = files.filter_map(|name| Some(name.strip_suffix(".md")?.to_owned())).collect();
        let listed: BTreeSet<_> = DOCUMENTS.iter().map(|document| document.slug.to_owned()).collect();
        assert_eq!(files, listed);
    }

    /// The table of the security document names every security event.
    #[test]
    fn every_security_event_is_documented() {
        let security = DOCUMENTS.iter().find(|document| document.slug == "security").unwrap();
        for name in billing::security_event::NAMES {
            assert!(security.source.contains(&format!("`{name}`")), "{name}");
        }
    }
}
