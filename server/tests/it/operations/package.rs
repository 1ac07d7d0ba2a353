//! The files of the Debian package. `make package-test` installs it (end2end/package).

use std::{collections::BTreeMap, path::Path, process::Command};

use rstest::rstest;

use crate::harness::command;

const UNIT: &str = include_str!("../../../deploy/dues.service");
const SETTINGS: &str = include_str!("../../../deploy/dues.env");
const MANIFEST: &str = include_str!("../../../Cargo.toml");

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns source and destination of each file of the package.
fn assets() -> Vec<(&'static str, &'static str)> {
    let quoted = |line: &'static str| {
        let mut texts = line.split('"').skip(1).step_by(2);
        Some((texts.next()?, texts.next()?))
    };
    MANIFEST.lines().filter(|line| line.trim_start().starts_with("[\"")).filter_map(quoted).collect()
}

#[rstest]
#[case("ExecStart", &["/usr/bin/dues serve"])]
#[case("EnvironmentFile", &["/etc/dues/dues.env"])]
#[case("User", &["dues"])]
#[case("StateDirectory", &["dues"])]
#[case("StateDirectoryMode", &["0700"])]
#[case("UMask", &["0077"])]
#[case("NoNewPrivileges", &["yes"])]
#[case("CapabilityBoundingSet", &[""])]
#[case("ProtectSystem", &["strict"])]
#[case("ProtectHome", &["yes"])]
#[case("PrivateTmp", &["yes"])]
#[case("PrivateDevices", &["yes"])]
#[case("MemoryDenyWriteExecute", &["yes"])]
#[case("RestrictAddressFamilies", &["AF_INET AF_INET6 AF_UNIX"])]
#[case("SystemCallFilter", &["@system-service", "~@privileged"])]
#[case("ReadWritePaths", &[])]
fn unit_starts_the_server_with_few_rights(#[case] name: &str, #[case] values: &[&str]) {
    let stated: Vec<_> = UNIT.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect();
    assert_eq!(stated, values);
}

#[tokio::test]
async fn settings_file_has_settings_that_exist_and_values_that_are_accepted() {
    let lines = || SETTINGS.lines().filter(|line| !line.is_empty());
    let set: Vec<_> = lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).collect();
    let suggested = lines().filter_map(|line| line.strip_prefix('#')).filter(|line| !line.starts_with(' '));
    let suggested: Vec<_> = suggested.filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(!set.is_empty() && suggested.len() > 10, "{set:?}, {suggested:?}");

    let output = command(&["config"]).envs(set.iter().copied()).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: BTreeMap<_, _> = printed.lines().filter_map(|line| line.split_once('=')).collect();
    for (name, value) in set {
        assert_eq!(printed.get(name), Some(&value), "{name}");
    }
    for name in suggested {
        assert!(printed.contains_key(name), "dues.env names {name}, which is no setting");
    }
}

#[tokio::test]
async fn every_file_of_the_package_is_there_or_is_generated() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(&["manual", folder.path().to_str().unwrap()]).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let assets = assets();
    assert!(assets.len() > 5, "{assets:?}");
    for (source, destination) in &assets {
        if source.starts_with("target/") || source.contains('*') {
            continue;
        }
        let file = match source.strip_prefix("../target/package/") {
            Some(generated) => folder.path().join(generated),
            None => package().join(source),
        };
        assert!(file.is_file(), "{} for {destination}", file.display());
    }
    for path in ["usr/bin/dues", "usr/lib/systemd/system/", "etc/dues/"] {
        assert!(assets.iter().any(|(_, destination)| *destination == path), "{path} is not in the package");
    }
}

#[rstest]
#[case("dues-admin")]
#[case("debian/postinst")]
#[case("debian/prerm")]
#[case("debian/postrm")]
fn scripts_of_the_package_are_well_formed(#[case] name: &str) {
    let checked = Command::new("sh").arg("-n").arg(package().join("deploy").join(name)).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
}
