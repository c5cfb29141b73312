;;! title = "So it is in the start section"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (start $section)
  (func $section {{proxy_done}}))
