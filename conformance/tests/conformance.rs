//! The suite as tests: `cargo test -p tollgate-conformance -- wasmi/http_fields`; `BLESS=1` rewrites what is expected.

use libtest_mimic::{Arguments, Failed, Trial};
use tollgate_conformance::matrix::Matrix;
use tollgate_conformance::root;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let mut matrix = Matrix::read(&root())?;
    if std::env::var_os("BLESS").is_some() && !arguments.list {
        matrix.bless(|name| selected(&arguments, name))?;
        matrix = Matrix::read(&root())?;
    }
    let trials = matrix.trials.into_iter().map(|trial| {
        Trial::test(trial.name.clone(), move || {
            trial.run().failure.map_or(Ok(()), |failure| Err(Failed::from(failure)))
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// Whether the filters of the command line select a trial.
fn selected(arguments: &Arguments, name: &str) -> bool {
    let matches = |filter: &String| if arguments.exact { name == filter } else { name.contains(filter.as_str()) };
    arguments.filter.as_ref().is_none_or(matches) && !arguments.skip.iter().any(matches)
}
