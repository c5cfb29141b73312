;;! title = "Reads of \"0123456789\""
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/buffer_reads"]
;;! dialogue = [{ request = { body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 3 4}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 8 100}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 10 1}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{CONTINUE}}))
