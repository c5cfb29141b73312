//! Makes tables and plots of the last run of `cargo bench`.
//!
//! ```sh
//! cargo bench -p tollgate-benches
//! cargo run --release -p tollgate-benches --bin report              # prints the tables
//! BLESS=1 cargo run --release -p tollgate-benches --bin report      # writes benches/results/DATE and the README's part
//! ```

use std::error::Error;
use std::fs;
use std::path::Path;
use tollgate_benches::groups::{self, Group};
use tollgate_benches::report::figures::Figures;
use tollgate_benches::report::{curves, headline, machine, plot, table};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn main() -> Result<(), Box<dyn Error>> {
    // target/release/report
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("this program is not in a folder of cargo's")?;
    let figures = Figures::read(&target.join("criterion"), &groups::all())?;
    let day = machine::day(figures.last());
    let hardware = machine::hardware();
    let doubt = machine::doubt(machine::load());
    let about = format!("Quickest samples, {day}, {hardware}; logarithmic");
    let mut report = format!(
        "# Runtimes compared, {day}\n\n\
         The quickest of criterion's samples of each case, since what else a machine does only adds to a time. What is measured\n\
         is said in [benches](../../README.md).\n\n\
         - Machine: {hardware}.\n\
         - {}.\n",
        machine::software(),
    );
    if let Some(doubt) = &doubt {
        report += &format!("- {doubt}\n");
    }
    let mut plots =
        vec![("streams.svg".to_owned(), curves::streams(&figures, &format!("Quickest samples, {day}, {hardware}")))];
    for Group { name: group, title, .. } in groups::ALL {
        report += &format!("\n## {group}: {}\n\n![{title}]({group}.svg)\n\n", title.to_lowercase());
        report += &table::group(&figures, group);
        if group == "stream" {
            report += "\n![A stream's life, and what it grows with](streams.svg)\n";
        }
        plots.push((format!("{group}.svg"), plot::group(&figures, group, title, &about)));
    }
    if std::env::var_os("BLESS").is_none() {
        print!("{report}");
        return Ok(());
    }
    let place = format!("benches/results/{day}");
    let folder = Path::new(ROOT).join(&place);
    fs::create_dir_all(&folder)?;
    for (name, plot) in plots {
        fs::write(folder.join(name), plot)?;
    }
    fs::write(folder.join("README.md"), report)?;
    let readme = Path::new(ROOT).join("README.md");
    let text = headline::text(&figures, &place, &format!("{hardware}, on {day}"), doubt.as_deref())?;
    let document =
        headline::insert(&fs::read_to_string(&readme)?, &text).ok_or("README.md has no marks for benches")?;
    fs::write(readme, document)?;
    println!("written: {place} and the part of README.md");
    Ok(())
}
