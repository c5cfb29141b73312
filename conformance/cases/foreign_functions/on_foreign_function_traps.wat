;;! title = "A trap in proxy_on_foreign_function fails the VM"
;;! spec = "proxy_on_foreign_function"
;;! abi = ["0.2.1"]
;;! dialogue = [{ stream = "one", request = {} }, { foreign_function = { plugin = "plugin", id = 1 } }, { foreign_function = { plugin = "plugin", id = 2 } }, { stream = "one", wake = true }]
(module {{prelude}}
  (func {{export proxy_on_foreign_function}}
    unreachable)
  (func {{export proxy_on_request_headers}}
    {{CONTINUE}}))
