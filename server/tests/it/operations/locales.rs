//! The commands for messages: export and check.

use std::process::Output;

use crate::harness::command;

async fn run(arguments: &[&str]) -> Output {
    command(arguments).output().await.unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn messages_are_exported_changed_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (locales, french) = (folder.path().join("locales"), folder.path().join("locales/fr"));
    let (locales_path, french_path) = (locales.to_str().unwrap(), french.to_str().unwrap());
    let exported = run(&["locales", "export", french_path]).await;
    assert!(exported.status.success(), "{exported:?}");
    let checked = run(&["locales", "check", locales_path]).await;
    assert!(checked.status.success(), "{}", text(&checked.stdout));

    let again = run(&["locales", "export", french_path]).await;
    assert!(!again.status.success() && text(&again.stderr).contains("exists already"), "{again:?}");
    let unknown = run(&["locales", "export", "/tmp/none", "--language", "xx"]).await;
    assert!(!unknown.status.success() && text(&unknown.stderr).contains("no built-in messages in xx"), "{unknown:?}");

    std::fs::remove_file(french.join("team.ftl")).unwrap();
    std::fs::write(french.join("mine.ftl"), "frame-skip = Aller à { $where }\nno-such-message = x\n").unwrap();
    let wrong = run(&["locales", "check", locales_path]).await;
    assert_eq!(wrong.status.code(), Some(1));
    for finding in ["no-such-message: there is no message", "frame-skip: the English text has no $where", "team-title"]
    {
        assert!(text(&wrong.stdout).contains(finding), "{finding}: {}", text(&wrong.stdout));
    }
    let missing = run(&["locales", "check", "/no/such/folder"]).await;
    assert!(!missing.status.success() && text(&missing.stderr).contains("can't be read"), "{missing:?}");
}
