;;! title = "Expressions are made once and evaluated often, over the properties of the stream"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { headers = [["x-name", "value"]] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_call_foreign_function "expr_create" "request.path == '/'"}}
    {{proxy_call_foreign_function "expr_create" "request.headers['x-name']"}}
    {{proxy_call_foreign_function "expr_create" "[source.port, 1]"}}
    {{proxy_call_foreign_function "expr_create" "request.method +"}}
    {{proxy_call_foreign_function "expr_create" "nothing(1)"}}
    {{proxy_call_foreign_function "expr_create" ""}}
    {{proxy_call_foreign_function "expr_create" "plugin_name + '!'"}}
    {{proxy_call_foreign_function "expr_create" "null"}}
    {{proxy_call_foreign_function "expr_create" "''"}}
    ;; There is no request yet.
    {{proxy_call_foreign_function "expr_evaluate" "\00\00\00\00"}}
    {{proxy_call_foreign_function "expr_evaluate" "\03\00\00\00"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_call_foreign_function "expr_evaluate" "\00\00\00\00"}}
    {{proxy_call_foreign_function "expr_evaluate" "\01\00\00\00"}}
    {{proxy_call_foreign_function "expr_evaluate" "\02\00\00\00"}}
    {{proxy_call_foreign_function "expr_evaluate" "\03\00\00\00"}}
    ;; Null has no encoding; nothing has, and it is empty.
    {{proxy_call_foreign_function "expr_evaluate" "\04\00\00\00"}}
    {{proxy_call_foreign_function "expr_evaluate" "\05\00\00\00"}}
    {{proxy_call_foreign_function "expr_evaluate" "\09\00\00\00"}}
    ;; No number.
    {{proxy_call_foreign_function "expr_evaluate" "123"}}
    {{proxy_call_foreign_function "expr_delete" "12345"}}
    {{proxy_call_foreign_function "expr_delete" "\00\00\00\00"}}
    ;; It is gone, and its number is not used again.
    {{proxy_call_foreign_function "expr_delete" "\00\00\00\00"}}
    {{proxy_call_foreign_function "expr_evaluate" "\00\00\00\00"}}
    {{proxy_call_foreign_function "expr_create" "1"}}
    {{proxy_call_foreign_function "expr_evaluate" "\06\00\00\00"}}
    {{CONTINUE}}))
