//! The commands of a recall at night, as somebody types them.

use serde_json::Value;

use super::plant::{bad_delivery, events};

struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    async fn run(&self, line: &str) -> (bool, String) {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_lotgraph"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .await
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.success(), text)
    }

    async fn must(&self, line: &str, parts: &[&str]) {
        let (good, text) = self.run(line).await;
        assert!(good, "{line}: {text}");
        parts.iter().for_each(|part| assert!(text.contains(part), "no {part:?} in {line}:\n{text}"));
    }

    async fn must_not(&self, line: &str, parts: &[&str]) {
        let (good, text) = self.run(line).await;
        assert!(!good, "{line}: {text}");
        parts.iter().for_each(|part| assert!(text.contains(part), "no {part:?} in {line}:\n{text}"));
    }
}

#[tokio::test]
async fn a_night_goes_through_by_commands_alone() {
    let shell = Shell { folder: tempfile::tempdir().unwrap() };
    let lines: Vec<String> = events().iter().map(Value::to_string).collect();
    shell.write("plant.ndjson", &lines.join("\n"));
    shell.write("scope.json", &bad_delivery().to_string());
    shell.must("import plant.ndjson", &[]).await;
    shell
        .must_not(
            "recall scope --supplier F2",
            &["causes[0].supplier: no supplier F2 is on record; the nearest are FARM-2"],
        )
        .await;
    shell.must("find yog-2", &["YOG-2", "whole"]).await;
    shell.must("find so-3", &["SO-3", "S-3", "SHOP-2"]).await;
    shell.must_not("find moon", &["no lot, receipt or shipment has moon"]).await;
    shell.must("hold YOG-3 --reason dent --id H-1", &["Hold H-1 is placed"]).await;
    shell.must("recall open --reason listeria --id RC --supplier FARM-2", &["recall RC is open"]).await;
    shell
        .must(
            "hold YOG-2 --reason dent --id H-2",
            &["Held already: lot YOG-2 is suspect by hold", "path MILK-B > "],
        )
        .await;
    shell
        .must("release H-2 --reason fine --disposition RELEASED", &["Held still: lot YOG-2 is suspect"])
        .await;
    shell
        .must_not(
            "recall notify RC --customer SHOP-9",
            &["nothing that recall RC is about was shipped to SHOP-9"],
        )
        .await;
    shell.must("recall notify RC --customer SHOP-9 --unexpected", &["recorded at revision"]).await;
    shell
        .must(
            "recall notify RC --all --channel telephone",
            &["SHOP-1 told", "SHOP-2 told", "2 customers told, 0 refused"],
        )
        .await;
    shell.must("recall notify RC --all", &["every customer of recall RC was told before"]).await;
    shell.write("back.csv", "lot,quantity,unit,customer\nYOG-2,60,EA,SHOP-1\nYOG-2,3,KGM,SHOP-2\n");
    shell
        .must_not(
            "recall recover RC --file back.csv",
            &["nothing was recorded", "back.csv: line 3: UNIT_MISMATCH"],
        )
        .await;
    shell.write("back.csv", "lot,quantity,unit,customer\nYOG-2,60,EA,SHOP-1\nYOG-2,30,EA,SHOP-2\n");
    shell.must("recall recover RC --file back.csv --disposition scrap", &[]).await;
    shell.must("recall add RC YOG-1 --reason too", &["YOG-1 taken into recall RC, held by"]).await;
    let open = "recall RC is not finished: still with customers: 140 EA YOG; 2 holds still hold lots";
    shell.must_not("recall close RC --report QA-1", &[open]).await;
    shell
        .must(
            "recall close RC --report QA-1 --release SCRAP --accept-open --reason eaten",
            &[
                "recall RC is closed",
                "2 holds released",
                "although something is open: still with customers: 140 EA YOG",
            ],
        )
        .await;
    shell.must("recall reopen RC --reason back", &["recall RC is open again"]).await;
    shell
        .must(
            "recall show RC",
            &["taken in at", "although something was open: eaten", "reopened at", "OPEN (listeria)"],
        )
        .await;
}
