//! Parses the markup that pages render. The markup must be well formed, with every attribute value in double quotes.

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Element(Element),
}

#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    /// Names and values in document order. The value is empty for an attribute without a value.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
    }
}

/// Elements without content, which have no end tag.
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// Elements whose content is not markup.
const RAW: [&str; 2] = ["script", "style"];

/// Parses markup and drops comments. Panics on an end tag that does not match the innermost open element.
pub(super) fn parse(html: &str) -> Vec<Node> {
    let mut open = vec![Element { name: String::new(), attributes: Vec::new(), children: Vec::new() }];
    let mut rest = html;
    while let Some((text, tag)) = rest.split_once('<') {
        add_text(&mut open, text);
        rest = if let Some(comment) = tag.strip_prefix("!--") {
            behind(comment, "-->")
        } else if let Some(marker) = tag.strip_prefix('!') {
            behind(marker, ">")
        } else if let Some(end) = tag.strip_prefix('/') {
            let element = open.pop().unwrap();
            assert_eq!(Some(element.name.as_str()), end.split('>').next(), "the end tag of {element:?}");
            add(&mut open, Node::Element(element));
            behind(end, ">")
        } else {
            let (element, is_closed, content) = start_tag(tag);
            let is_raw = RAW.contains(&element.name.as_str());
            if is_closed {
                add(&mut open, Node::Element(element));
            } else {
                open.push(element);
            }
            if is_raw { &content[content.find("</").unwrap()..] } else { content }
        };
    }
    add_text(&mut open, rest);
    let root = open.pop().unwrap();
    assert!(open.is_empty(), "{} is not closed", root.name);
    root.children
}

fn add(open: &mut [Element], node: Node) {
    open.last_mut().unwrap().children.push(node);
}

/// Adds text. If only a comment separates it from preceding text, it extends that text.
fn add_text(open: &mut [Element], text: &str) {
    if text.is_empty() {
        return;
    }
    let text = decode(text);
    match open.last_mut().unwrap().children.last_mut() {
        Some(Node::Text(before)) => before.push_str(&text),
        Some(Node::Element(_)) | None => add(open, Node::Text(text)),
    }
}

fn behind<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).unwrap().1
}

/// Parses a start tag without its `<`. Returns the element, whether it has no end tag, and what follows.
fn start_tag(tag: &str) -> (Element, bool, &str) {
    let (name, mut rest) = tag.split_at(tag.find([' ', '\n', '/', '>']).unwrap());
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(content) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
            let is_closed = VOID.contains(&name) || rest.starts_with('/');
            return (Element { name: name.to_owned(), attributes, children: Vec::new() }, is_closed, content);
        }
        let (attribute, value) = rest.split_at(rest.find([' ', '\n', '=', '/', '>']).unwrap());
        assert!(!attribute.is_empty(), "the attributes of <{tag}");
        let (value, following) = match value.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => ("", value),
        };
        attributes.push((attribute.to_owned(), decode(value)));
        rest = following;
    }
}

fn decode(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character))
}

/// Finds the first element named `name`.
pub(super) fn find<'a>(nodes: &'a [Node], name: &str) -> Option<&'a Element> {
    nodes.iter().find_map(|node| match node {
        Node::Element(element) if element.name == name => Some(element),
        Node::Element(element) => find(&element.children, name),
        Node::Text(_) => None,
    })
}
