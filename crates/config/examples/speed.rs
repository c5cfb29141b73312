use std::time::Instant;
fn t(name:&str, s:String){ let a=Instant::now(); let r=tollgate_config::parse("x",&s); println!("{name} {} bytes {:?} {}", s.len(), a.elapsed(), match r {Ok(_)=>"ok".into(), Err(e)=>e.0[0].message.chars().take(80).collect::<String>()}); }
fn main(){
 t("base64", format!("static_resources: {{listeners: [{{name: \"{}\"}}]}}", "A".repeat(16<<20)));
 t("list", format!("x:\n{}", "- a\n".repeat(500_000)));
 t("map", format!("{}", (0..300_000).map(|i| format!("k{i}: v\n")).collect::<String>()));
 t("flowmap", format!("{{{}}}", (0..300_000).map(|i| format!("k{i}: v, ")).collect::<String>()));
 t("opens", "{a: ".repeat(200));
 t("qs", "? ".repeat(200_000));
 t("colons", "a: ".repeat(200_000));
 t("bangs", "!".repeat(200_000));
 t("amps", "&a ".repeat(200_000));
 t("anchors", (0..200_000).map(|i| format!("- &a{i} x\n")).collect());
 t("plain", "a ".repeat(2_000_000));
 t("dq", format!("\"{}", "\n".repeat(2_000_000)));
 t("literal", format!("a: |\n{}", "  x\n".repeat(1_000_000)));
 t("nl", "\n".repeat(3_000_000));
 t("comments", "# x\n".repeat(1_000_000));
 t("brackets", "[],".repeat(500_000));
 t("flow keys", format!("[{}]", "a ".repeat(500_000)));
 t("flow commas", format!("[{}]", "a, ".repeat(500_000)));
 t("json", format!("{{\"static_resources\": {{\"listeners\": [{}{{}}]}}}}", "{\"name\": \"x\"}, ".repeat(200_000)));
 t("routes", format!("static_resources: {{listeners: [{{name: a}}], clusters: [{}]}}", (0..50_000).map(|i| format!("{{name: n{i}}}, ")).collect::<String>()));
}
