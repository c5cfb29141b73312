;;! title = "The start section runs first; host functions can be called in it"
;;! spec = "6.1 Load"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (start $section)
  (func $section {{proxy_log INFO "section"}})
  (func {{export _initialize}}
    {{proxy_log INFO "initialize"}}))
