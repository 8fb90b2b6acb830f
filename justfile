# The commands that a contributor needs: https://just.systems

# Lists them.
default:
    @just --list

# All tests.
test:
    cargo test

# Format and lints, as CI has them.
lint:
    cargo fmt --all --check
    cargo clippy --all-targets -- -D warnings

# Checks the tables, with the examples of every row.
tables:
    cargo run --release --quiet -- mappings check mappings --examples fixtures --error all
    cargo run --release --quiet -- mappings fmt mappings --check

# Tries every row both ways, over all values of its concept, and writes the result down.
proof:
    cargo run --release --quiet -- mappings proof --format markdown >docs/fidelity.md

# Writes the reference of columns and checks anew.
reference:
    cargo run --release --quiet -- mappings reference docs/mappings

# Everything that must hold before a change is merged.
ci:
    .ci/run
