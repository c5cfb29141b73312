;;! title = "A body too long to collect goes without a length"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { response = { headers = [["content-length", "100000"]], body = [{ text = "x", times = 50000 }, { text = "x", times = 50000 }] } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "<"}}
    {{CONTINUE}}))
