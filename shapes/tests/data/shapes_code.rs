{
    let batch = Dim::with_range("batch", 1, Some(64))?;
    let type_ = Dim::new("type")?;
    let batch_1 = Dim::new("batch")?;
    DynamicShapes::Tuple(vec![
        DynamicShapes::Tuple(vec![
            DynamicShapes::Leaf(ShapeSpec::dims::<DimSpec>([(0, (&batch).into()), (1, batch.affine(2, -1)?.into()), (2, Dim::auto().bounded(Some(2), None)?.into())])),
            DynamicShapes::List(vec![
                DynamicShapes::NONE,
                DynamicShapes::Leaf(ShapeSpec::Scalar(Dim::dynamic().into())),
            ]),
            DynamicShapes::Tuple(vec![]),
        ]),
        DynamicShapes::Dict([
            (Key::from("x y"), DynamicShapes::Leaf(ShapeSpec::Tuple(vec![DimSpec::None, DimSpec::Int(3)]))),
            (Key::from("m"), DynamicShapes::Leaf(ShapeSpec::List(vec![DimSpec::Text("a\"b".to_owned())]))),
            (Key::from("d"), DynamicShapes::Dict([
                (Key::Int(1), DynamicShapes::Leaf(ShapeSpec::dims::<DimSpec>([(0, (&type_).into()), (1, (&batch_1).into())]))),
                (Key::Float(0.5), DynamicShapes::NONE),
            ].into_iter().collect())),
        ].into_iter().collect()),
    ])
}
