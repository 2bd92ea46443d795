/// One row of the table: what is measured, what it is compared with, and its limit.
pub(super) struct Figure {
    /// The description in the table.
    pub(super) what: &'static str,
    /// The name of this project's benchmark.
    pub(super) ours: &'static str,
    /// The name of the loop written by hand.
    pub(super) by_hand: Option<&'static str>,
    /// The name of the same measurement in the peers' scripts.
    pub(super) peers: Option<&'static str>,
    /// The limit of this project's time.
    pub(super) limit: Limit,
}

/// The largest time that a figure may take.
pub(super) enum Limit {
    None,
    /// A multiple of the time of the loop written by hand.
    TimesByHand(f64),
    /// At least this many times faster than this peer.
    TimesFaster(f64, &'static str),
    /// A number of nanoseconds.
    Nanoseconds(f64),
}

const fn by_hand(what: &'static str, ours: &'static str, hand: &'static str, limit: f64) -> Figure {
    Figure { what, ours, by_hand: Some(hand), peers: None, limit: Limit::TimesByHand(limit) }
}

const fn alone(what: &'static str, ours: &'static str, peers: &'static str) -> Figure {
    Figure { what, ours, by_hand: None, peers: Some(peers), limit: Limit::None }
}

impl Figure {
    const fn peers(self, peers: &'static str) -> Self {
        Self { peers: Some(peers), ..self }
    }

    const fn beside(self, hand: &'static str) -> Self {
        Self { by_hand: Some(hand), ..self }
    }

    const fn limit(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }
}

/// The rows, each explained in `docs/benches.md`.
pub(super) const FIGURES: [Figure; 20] = [
    by_hand("tensors into `Vec<&T>`", "tensors_derived", "tensors_by_hand", 1.2),
    by_hand("the same, `cache::DynamicCache`", "tensors_library", "tensors_by_hand", 1.2),
    by_hand("leaves into `Vec<LeafRef>`", "leaves_derived", "leaves_by_hand", 1.2),
    by_hand("the same, `cache::DynamicCache`", "leaves_library", "leaves_by_hand", 1.2),
    by_hand("leaves with keys", "keys_derived", "keys_by_hand", 1.2),
    by_hand("the same, `cache::DynamicCache`", "keys_library", "keys_by_hand", 1.2),
    alone("flatten: leaves and spec", "flatten_derived", "flatten"),
    alone("the same, `cache::DynamicCache`", "flatten_library", "flatten"),
    alone("flatten with whole paths", "flatten_with_paths", "with_path"),
    alone("unflatten", "unflatten_derived", "unflatten"),
    by_hand("flatten and unflatten by move", "move_derived", "move_by_hand", 2.0),
    by_hand("the same, `cache::DynamicCache`", "move_library", "move_by_hand", 2.0),
    by_hand("the same, tensors of eight bytes", "move_handles_derived", "move_handles_by_hand", 2.0),
    by_hand("spec equality", "spec_equal", "spec_equal_by_hand", 1.0).peers("spec_equal"),
    alone("treespec dumps", "spec_dumps", "dumps").limit(Limit::TimesFaster(40.0, "torch")),
    alone("treespec loads", "spec_loads", "loads").limit(Limit::TimesFaster(3.0, "torch")),
    by_hand("guess, a mask a tensor", "guess_masks", "guess_masks_by_hand", 3.0).peers("guess"),
    alone("guess, the whole `dynamic_shapes`", "guess_shapes", "guess").beside("guess_shapes_by_hand"),
    by_hand("`string_type` in full", "string_of_shapes", "string_of_shapes_by_hand", 2.0).peers("string_type"),
    Figure {
        what: "names and ranges, 3 dims a tensor",
        ours: "names_and_ranges",
        by_hand: None,
        peers: None,
        limit: Limit::Nanoseconds(1e6),
    },
];

/// The rows of programs.
pub(super) const PROGRAMS: [Figure; 3] = [
    alone("load a `.pt2` file", "program_load", "load").limit(Limit::TimesFaster(200.0, "torch")),
    alone("print", "program_print", "print").limit(Limit::TimesFaster(10.0, "torch")),
    alone("save", "program_save", "save").limit(Limit::TimesFaster(60.0, "torch")),
];

/// The rows of decoders and of ResNet-18.
pub(super) const DECODERS: [Figure; 14] = [
    alone("export, 2 layers", "export_2", "export_2").limit(Limit::TimesFaster(1.0, "torch")),
    alone("export, 12 layers", "export_12", "export_12").limit(Limit::TimesFaster(1.0, "torch")),
    alone("export, 32 layers", "export_32", "export_32").limit(Limit::TimesFaster(5.0, "torch")),
    alone("export, 128 layers", "export_128", "export_128").limit(Limit::TimesFaster(1.0, "torch")),
    alone("export, ResNet-18", "export_resnet", "export_resnet").limit(Limit::TimesFaster(1.0, "torch")),
    by_hand("call, 2 layers", "call_2", "call_by_hand_2", 1.1).peers("call_2"),
    by_hand("call, 12 layers", "call_12", "call_by_hand_12", 1.1).peers("call_12"),
    by_hand("call, 32 layers", "call_32", "call_by_hand_32", 1.1).peers("call_32"),
    by_hand("call, ResNet-18", "call_resnet", "call_by_hand_resnet", 1.1).peers("call_resnet"),
    alone("the same, 2 layers", "call_2", "call_2").limit(Limit::TimesFaster(2.5, "torch")),
    alone("the same, 12 layers", "call_12", "call_12").limit(Limit::TimesFaster(2.5, "torch")),
    alone("the same, 32 layers", "call_32", "call_32").limit(Limit::TimesFaster(2.2, "torch")),
    alone("the same, ResNet-18", "call_resnet", "call_resnet").limit(Limit::TimesFaster(1.0, "torch")),
    alone("process to first result, 12 layers", "start", "start").limit(Limit::TimesFaster(5.0, "torch")),
];
