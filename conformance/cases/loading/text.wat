;;! title = "A mistake in the text is shown with line and column"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (func (unknown)))
