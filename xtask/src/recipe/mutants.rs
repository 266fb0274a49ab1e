//! Mutation testing.
use crate::call::Call;
use crate::failure::Failure;
use crate::peer::{ETCD, MUTANTS, NEXTEST};
use crate::repository::Repository;

/// Where faults are planted. Which modules, tests and profile, and what is left out and why, is in the
/// file.
struct Ground {
    package: &'static str,
    configuration: &'static str,
    /// Where the tool writes what became of each fault, below `target`.
    output: &'static str,
}

const CORE: Ground = Ground { package: "watchdog-core", configuration: ".cargo/mutants.toml", output: "mutants" };
const STORE: Ground =
    Ground { package: "watchdog-etcd", configuration: ".cargo/mutants-etcd.toml", output: "mutants-etcd" };

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let repository = Repository::find()?;
    MUTANTS.needed(&repository)?;
    let (ground, arguments) = match arguments {
        [first, rest @ ..] if first == "--etcd" => {
            ETCD.needed(&repository)?;
            NEXTEST.needed(&repository)?;
            (STORE, rest)
        }
        all => (CORE, all),
    };
    let call = Call::cargo(&repository).args(["mutants", "--package", ground.package]);
    let call = call.args(["--config", ground.configuration]).arg("--output");
    call.arg(repository.made().join(ground.output)).args(arguments).run()
}
