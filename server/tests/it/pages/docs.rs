//! `/docs`: the documents, the API reference and the search.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::harness::{Browser, DocumentedOperation, Engine, TestApp, operations};

/// Returns the targets of all links of a page.
fn links(html: &str) -> BTreeSet<String> {
    let tags = html.split('<').filter_map(|rest| rest.split('>').next());
    // Code blocks have tags as text, whose brackets are escaped.
    let targets = tags.filter_map(|tag| tag.split(" href=\"").nth(1)?.split('"').next());
    targets.map(|target| target.replace("&amp;", "&")).collect()
}

fn ids(html: &str) -> Vec<&str> {
    html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Returns the documentation's pages by path, found by following links from `/docs`.
async fn crawl(visitor: &Browser) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut queue = VecDeque::from(["/docs".to_owned()]);
    while let Some(path) = queue.pop_front() {
        if pages.contains_key(&path) {
            continue;
        }
        let answer = visitor.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        for target in links(&answer.text) {
            let to = target.split('#').next().unwrap();
            if to == "/docs" || to.starts_with("/docs/") {
                queue.push_back(to.to_owned());
            }
        }
        pages.insert(path, answer.text);
    }
    pages
}

#[tokio::test]
async fn every_page_is_whole_and_every_link_resolves() {
    let app = TestApp::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let pages = crawl(&visitor).await;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(slug) = name.strip_suffix(".md") {
            assert!(pages.contains_key(&format!("/docs/{slug}")), "no page links to {name}");
        }
    }
    let mut others = BTreeSet::new();
    for (path, html) in &pages {
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
        let all = ids(html);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{path} repeats an id");
        for target in links(html) {
            let (to, anchor) = target.split_once('#').map_or((target.as_str(), None), |(to, id)| (to, Some(id)));
            let to = if to.is_empty() { path.as_str() } else { to };
            match (pages.get(to), anchor) {
                (Some(page), Some(anchor)) => {
                    assert!(ids(page).contains(&anchor), "{path} links to {target}, which has no such section");
                }
                // The operator's desk is hidden from visitors.
                (None, _) if to.starts_with('/') && !to.starts_with("/operator") => {
                    others.insert(to.to_owned());
                }
                _ => {}
            }
        }
    }
    for path in others {
        let status = visitor.get(&path).await.status;
        assert!([200, 303].contains(&status), "a page links to {path}: {status}");
    }
}

#[tokio::test]
async fn every_operation_has_a_section_with_a_command() {
    let app = TestApp::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let list = visitor.get("/docs/api").await.text;
    let tag_of = |operation: &DocumentedOperation<'static>| operation.is["tags"][0].as_str().unwrap();
    let mut pages = BTreeMap::new();
    for tag in operations().map(|operation| tag_of(&operation)).collect::<BTreeSet<_>>() {
        pages.insert(tag, visitor.get(&format!("/docs/api/{tag}")).await.text);
    }
    for operation in operations() {
        let (tag, id) = (tag_of(&operation), operation.is["operationId"].as_str().unwrap());
        assert!(list.contains(&format!("href=\"/docs/api/{tag}#{id}\"")), "{} is not listed", operation.name());
        let (_, section) = pages[tag].split_once(&format!("id=\"{id}\"")).unwrap();
        let section = section.split("</section>").next().unwrap();
        let method = format!("<b>{}</b>", operation.method.to_uppercase());
        let start = operation.path.split('{').next().unwrap();
        for part in [method.as_str(), operation.path, "curl ", &format!("\"$DUES{start}")] {
            assert!(section.contains(part), "{}: {part}", operation.name());
        }
        let ways = operation.is["security"].as_array().unwrap();
        let takes_keys = ways.iter().any(|way| way.get("api_key").is_some());
        assert_eq!(section.contains("Authorization: Bearer $API_KEY"), takes_keys, "{}", operation.name());
        for status in operation.is["responses"].as_object().unwrap().keys() {
            assert!(section.contains(status.as_str()), "{}: {status}", operation.name());
        }
    }
}

#[tokio::test]
async fn the_search_finds_documents_and_operations_and_is_bounded() {
    let app = TestApp::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let search = async |query: &str| {
        let answer = visitor.get(&format!("/docs/search?q={query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        answer.text
    };
    for (query, target) in [
        ("checkout", "/docs/api/billing#startCheckout\""),
        ("POST+consume", "/docs/api/billing#consumeFeature\""),
        ("security+events", "/docs/security#"),
        ("max_connections_per", "/docs/bounds#"),
    ] {
        let html = search(query).await;
        assert!(html.contains("<mark>") && html.contains(&format!("href=\"{target}")), "{query}: {html}");
    }
    let results = |html: &str| {
        html.split_once("class=\"docs-list\"")
            .map_or(0, |(_, list)| list.split("</ul>").next().unwrap().matches("<li>").count())
    };
    assert_eq!(results(&search("the").await), 20);
    let long = "long+".repeat(1000);
    for query in ["", "%ff%fe", "%00", "%3Cscript%3Ealert(1)%3C/script%3E", "%F0%9F%92%B8", "zzzzqqqq", long.as_str()] {
        let html = search(query).await;
        assert!(results(&html) <= 20 && !html.contains("<script>alert"), "{query}: {html}");
    }
    assert_eq!(results(&search("zzzzqqqq").await), 0);
}

#[tokio::test]
async fn an_unknown_page_of_the_documentation_is_not_found() {
    let app = TestApp::start(Engine::Sqlite).await;
    for path in ["/docs/no-such-page", "/docs/api/no-such-tag", "/docs/bounds/more"] {
        assert_eq!(app.visitor().get(path).await.status, 404, "{path}");
    }
}
