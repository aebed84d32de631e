# A student's image for a JupyterHub: JupyterLab with nbgrader's student side and what the notebooks
# import. It holds no answer: .dockerignore lets only helpers/ and what installs it in.
#
#     docker build --build-arg JUPYTERHUB=5.2.1 -t generative-models .    # the version of your hub
FROM python:3.12-slim

ARG JUPYTERHUB=5
ENV PIP_NO_CACHE_DIR=1 \
    PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu \
    OMP_NUM_THREADS=1

WORKDIR /srv/course
COPY . .
RUN pip install --constraint constraints.txt . nbgrader "jupyterhub==${JUPYTERHUB}.*" \
    && jupyter labextension disable "@jupyter/nbgrader:formgrader" \
    && jupyter labextension disable "@jupyter/nbgrader:create-assignment" \
    && useradd --create-home --uid 1000 student

USER student
WORKDIR /home/student
EXPOSE 8888
CMD ["jupyterhub-singleuser", "--ip=0.0.0.0"]
