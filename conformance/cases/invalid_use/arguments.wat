;;! title = "Each argument of each host function, wrong in each way it can be: the body is held, so that everything else is right"
;;! spec = "8.7 Invalid use -> status summary"
;;! abi = ["0.2.1"]
;;! each = ["each any"]
;;! vm = { environment = [["KEY", "value"]] }
;;! plugin = [{ name = "plugin", allow_on_headers_stop_iteration = true }]
;;! dialogue = [{ request = { headers = [["x-name", "old"]], body = ["body"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}} {{PAUSE}})
  (func {{export proxy_on_request_body}}
    {{wrong_calls EACH}}
    {{PAUSE}}))
