//! Embeds the files that `frontend/build.sh` built in the binary, so that the server needs no other files. If nothing
//! was built, the pages still work.

use std::{env, fmt::Write, fs, path::Path};

const SITE: &str = "../target/site/pkg";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={SITE}");
    println!("cargo:rerun-if-changed=../style");
    let site = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(SITE);
    let manifest = fs::read_to_string(site.join("manifest.json")).unwrap_or_default();
    let mut entries = String::new();
    // The manifest lists the JavaScript module first, then the wasm file.
    for name in manifest.split('"') {
        let content_type = match Path::new(name).extension().and_then(|ending| ending.to_str()) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("wasm") => "application/wasm",
            _ => continue,
        };
        let plain = site.join(name).display().to_string();
        let brotli = format!("{plain}.br");
        writeln!(
            entries,
            "Built {{ name: {name:?}, content_type: {content_type:?}, plain: include_bytes!({plain:?}), \
             brotli: include_bytes!({brotli:?}) }},"
        )?;
    }
    let list = format!(
        "/// In the order module, wasm; empty when nothing was built.\npub(super) const BUILT: &[Built] = &[\n{entries}];\n"
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("built.rs"), list)?;
    Ok(())
}
