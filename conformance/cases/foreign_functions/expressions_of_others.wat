;;! title = "An expression belongs to the plugin that made it"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "one" }, { name = "two" }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_call_foreign_function "expr_create" "plugin_name"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_call_foreign_function "expr_evaluate" "\00\00\00\00"}}
    {{proxy_call_foreign_function "expr_evaluate" "\01\00\00\00"}}
    {{CONTINUE}}))
